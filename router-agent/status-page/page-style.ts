/** The look of the page: light and dark, from 320 pixels on, text at least at contrast 4.5 (WCAG 2.2 AA). */
export const pageStyle = `
:root{color-scheme:light dark;--paper:#fff;--ink:#17202b;--soft:#566273;--rule:#d7dde5;--card:#f5f7fa;
--one:#0b62bd;--two:#b4430c;--good:#136b33;--bad:#b3261e;--warn:#8a5200;--badge-good:#e2f3e8;--badge-bad:#fbe6e4;--badge-warn:#fbefd9;--badge-soft:#e9edf2}
@media(prefers-color-scheme:dark){:root{--paper:#0f141a;--ink:#e8edf3;--soft:#a3b0bf;--rule:#2c3743;--card:#171f28;
--one:#62aefc;--two:#f7a268;--good:#5fdc8b;--bad:#ff8a80;--warn:#f5bf62;--badge-good:#143322;--badge-bad:#45201d;--badge-warn:#3d2d10;--badge-soft:#242e39}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:16px 16px 48px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 16px;margin-bottom:12px}
h1{font-size:22px;line-height:1.3;margin:0}h1 span{font:13px ui-monospace,"DejaVu Sans Mono",monospace;font-weight:400}
h2{font-size:18px;margin:32px 0 10px}h3{font-size:16px;margin:0}p{margin:6px 0}a{color:var(--one)}
.soft{color:var(--soft)}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
#connection{margin:0;font-size:13px;color:var(--soft)}#connection.lost{color:var(--bad);font-weight:600}
.notice{border-left:4px solid var(--warn);background:var(--badge-warn);padding:8px 12px;border-radius:0 8px 8px 0;margin:8px 0}
.notice.bad{border-color:var(--bad);background:var(--badge-bad)}.notice.good{border-color:var(--good);background:var(--badge-good)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:10px;margin:0;padding:0;list-style:none}
.cards li{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:10px 14px}
.cards .label{display:block;color:var(--soft);font-size:13px}.cards b{display:block;font-size:20px;white-space:nowrap;line-height:1.3;font-variant-numeric:tabular-nums}
.cards small{font-size:.6em;font-weight:500;color:var(--soft)}.cards .note{display:block;color:var(--soft);font-size:12.5px;line-height:1.4;margin-top:2px}.cards .low b{color:var(--bad)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:12px}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:10px 12px 6px;min-width:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px;font-weight:600;font-size:14px}
.keys{display:flex;flex-wrap:wrap;gap:0 12px;font-weight:400;font-size:13px;color:var(--soft)}
.key::before{content:"";display:inline-block;width:14px;height:3px;border-radius:2px;margin-right:5px;vertical-align:middle;background:var(--stroke)}
.series-1{--stroke:var(--one)}.series-2{--stroke:var(--two)}
svg{display:block;width:100%;height:auto;touch-action:pan-y}
.line{fill:none;stroke:var(--stroke);stroke-width:2;stroke-linejoin:round}.series-2.line{stroke-dasharray:6 3}
.area{fill:var(--stroke);fill-opacity:.12}
.bar{fill:var(--stroke)}.grid{stroke:var(--rule)}.tick{fill:var(--soft);font-size:11.5px;font-variant-numeric:tabular-nums}
.cursor{stroke:var(--soft);stroke-dasharray:3 3}.reading{color:var(--soft);font-size:13px;min-height:1.5em;margin:2px 0 4px;font-variant-numeric:tabular-nums}
.empty{display:grid;place-items:center;min-height:120px;color:var(--soft);text-align:center;font-size:14px}
.neighbours{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:12px}
article{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:12px 14px;min-width:0}
article header{margin:0 0 4px;align-items:center}article .id{font:12px ui-monospace,"DejaVu Sans Mono",monospace;color:var(--soft)}
.badge{display:inline-block;padding:1px 10px;border-radius:99px;font-size:13px;font-weight:600;background:var(--badge-soft);color:var(--ink);white-space:nowrap}
.badge.good{background:var(--badge-good);color:var(--good)}.badge.bad{background:var(--badge-bad);color:var(--bad)}.badge.warn{background:var(--badge-warn);color:var(--warn)}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 14px;margin:8px 0 0;font-size:14px}dt{color:var(--soft)}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
meter{width:100%;height:10px;margin-top:2px}
.scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:12px;background:var(--card)}
.scroll:focus-visible,a:focus-visible,summary:focus-visible,svg:focus-visible{outline:3px solid var(--one);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 12px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap;vertical-align:top}
tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:500}th.text,td.text{text-align:left}td.words{text-align:left;white-space:normal;min-width:220px}
details{margin-top:8px;font-size:14px}summary{cursor:pointer;color:var(--soft)}details ul{margin:4px 0 0;padding-left:18px}
@media(max-width:600px){body{padding:12px 12px 40px}h2{margin-top:26px}.cards{grid-template-columns:1fr 1fr}.cards b{font-size:18px}.cards .wide{grid-column:1/-1}
.stack thead{display:none}.stack,.stack tbody,.stack tr,.stack td{display:block;width:100%}.stack tr{padding:8px 12px;border-bottom:1px solid var(--rule)}.stack tr:last-child{border-bottom:0}
.stack td{border:0;padding:1px 0;text-align:right;white-space:normal;display:flex;justify-content:space-between;gap:14px}.stack td.words{text-align:right;min-width:0}.stack td ul{text-align:left}
.stack td::before{content:attr(data-label);color:var(--soft);text-align:left;flex:none}
.payments tr{display:grid;grid-template-columns:1fr auto;gap:0 12px}.payments td{display:block;text-align:left}.payments td::before{content:none}
.payments td:nth-child(1){order:3;color:var(--soft);font-size:13px}.payments td:nth-child(2){order:1}.payments td:nth-child(3){order:2;text-align:right}.payments td:nth-child(4){display:none}.payments td:nth-child(5){order:4;text-align:right}}
@media print{figure,article{break-inside:avoid}}
`;
