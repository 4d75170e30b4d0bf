/** The page without its data: everything in it that changes is filled in by the script. */
export const pageMarkup = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>meshtoll</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<header>
<h1>meshtoll <span id="node" class="soft"></span></h1>
<p id="connection" role="status" aria-live="polite">connecting</p>
</header>
<main>
<noscript><p class="notice bad">This page needs its script, which comes from this router alone.</p></noscript>
<div id="notices"></div>
<section aria-labelledby="balance-heading">
<h2 id="balance-heading" class="hidden">Balance</h2>
<ul id="cards" class="cards"></ul>
</section>
<section aria-labelledby="incidents-heading">
<h2 id="incidents-heading">Incidents</h2>
<div id="incidents"></div>
</section>
<section aria-labelledby="traffic-heading">
<h2 id="traffic-heading">Traffic</h2>
<div id="plots" class="plots"></div>
</section>
<section aria-labelledby="neighbours-heading">
<h2 id="neighbours-heading">Neighbours</h2>
<div id="neighbours" class="neighbours"></div>
</section>
<section aria-labelledby="payments-heading">
<h2 id="payments-heading">Payments</h2>
<p class="soft"><a href="/history.csv" download="history.csv">All of the history as CSV</a></p>
<div id="payments"></div>
</section>
<section aria-labelledby="routes-heading">
<h2 id="routes-heading">Routes</h2>
<div id="routes"></div>
</section>
</main>
<footer class="soft"><p>This page only shows; the command line does. <a href="/metrics">/metrics</a> is for Prometheus.</p></footer>
</body>
</html>
`;
