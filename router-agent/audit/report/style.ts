/** The look of a report: light and dark, on screens and on paper, without anything from outside. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--soft:#5b6675;--rule:#d9dfe7;--card:#f6f8fa;
--one:#0b66c3;--two:#c2410c;--three:#15803d;--four:#7e22ce;--good:#15803d;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--paper:#10151c;--ink:#e6ebf1;--soft:#9aa7b6;--rule:#2b3644;--card:#18202a;
--one:#5aa9f7;--two:#f59e5b;--three:#4ade80;--four:#c084fc;--good:#4ade80;--bad:#f97066}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1060px;padding:28px 20px 60px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}h2{font-size:18px;margin:40px 0 10px}
h3{font-size:15px;margin:28px 0 4px}p{margin:6px 0}.soft{color:var(--soft)}
.verdict{display:inline-block;padding:2px 10px;border-radius:99px;font-weight:600;font-size:14px;color:var(--paper);background:var(--bad)}
.verdict.agree{background:var(--good)}
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0 0;padding:0;list-style:none}
.facts li{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:10px 14px;min-width:130px;flex:1}
.facts b{display:block;font-size:18px;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}.facts span{color:var(--soft);font-size:13px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-align:left}code{font:12.5px ui-monospace,"DejaVu Sans Mono",monospace}
ul.differences{padding-left:20px;color:var(--bad)}
svg{display:block;width:100%;height:auto}figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:10px 12px 4px}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 12px;font-weight:600;font-size:13.5px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:12px;margin-top:10px}
.keys{display:flex;flex-wrap:wrap;gap:2px 12px;font-weight:400;color:var(--soft)}.key::before{content:"";display:inline-block;width:14px;height:3px;
border-radius:2px;margin-right:5px;vertical-align:middle;background:var(--stroke)}
.series-1{--stroke:var(--one)}.series-2{--stroke:var(--two)}.series-3{--stroke:var(--three)}.series-4{--stroke:var(--four)}.bound{--stroke:var(--bad)}
.line{fill:none;stroke:var(--stroke);stroke-width:2;stroke-linejoin:round}.grid{stroke:var(--rule)}line.bound{stroke:var(--bad);stroke-dasharray:5 4}
.tick{fill:var(--soft);font-size:11px}.map{min-width:620px;background:var(--card);border:1px solid var(--rule);border-radius:10px}
.edge{fill:none;stroke:var(--one);stroke-opacity:.55;stroke-linecap:round}#tip path{fill:var(--one)}
.flow{fill:var(--ink);font-size:12px;paint-order:stroke;stroke:var(--card);stroke-width:4px}
.node circle{fill:var(--soft);stroke:var(--paper);stroke-width:2}.node.earns circle{fill:var(--good)}.node.spends circle{fill:var(--two)}
.node.unknown circle{fill-opacity:.45;stroke-dasharray:3 3;stroke:var(--soft)}.node text{fill:#fff;font-size:12px;font-weight:600}
@media(prefers-color-scheme:dark){.node text{fill:#10151c}}
@media print{body{max-width:none;padding:0}figure,.facts li{break-inside:avoid}}
`;
