'use strict';
'require view';
'require rpc';
'require poll';
'require uci';
'require dom';

// Accounts with every neighbour, from the running agent: `ubus call meshtoll status`.

const callStatus = rpc.declare({ object: 'meshtoll', method: 'status', expect: { '': {} } });
const callIncidents = rpc.declare({ object: 'meshtoll', method: 'incidents', expect: { '': {} } });
const callRoutes = rpc.declare({ object: 'meshtoll', method: 'routes', expect: { '': {} } });
const callSettle = rpc.declare({ object: 'meshtoll', method: 'settle', expect: { '': {} } });

// Seconds between looks: each one starts a process on the router.
const interval = 10;

// Amounts are decimal texts of grains: exact, and beyond what a float holds.
function money(grains, token) {
	const unit = 10n ** BigInt(token.decimals) * BigInt(token.grainsPerUnit);
	const value = BigInt(grains);
	const digits = (value < 0n ? -value : value) * 1000000n / unit;
	const whole = (digits / 1000000n).toString();
	const rest = (digits % 1000000n).toString().padStart(6, '0');
	return (value < 0n ? '-' : '') + whole + '.' + rest + ' ' + token.symbol;
}

function bytes(count) {
	const names = [ 'B', 'kB', 'MB', 'GB', 'TB' ];
	let value = BigInt(count);
	let place = 0;
	while (value >= 10000n && place < names.length - 1) {
		value /= 1000n;
		place += 1;
	}
	return value.toString() + ' ' + names[place];
}

function tokenOf() {
	const decimals = uci.get('meshtoll', 'main', 'token_decimals') || '6';
	const places = 18 - Number(decimals);
	const usual = places > 0 ? (10n ** BigInt(places)).toString() : '1';
	return {
		symbol: uci.get('meshtoll', 'main', 'token_symbol') || 'USDC',
		decimals: decimals,
		grainsPerUnit: uci.get('meshtoll', 'main', 'grains_per_unit') || usual
	};
}

function table(titles, rows, empty) {
	const head = E('tr', { 'class': 'tr table-titles' },
		titles.map(function(title) { return E('th', { 'class': 'th' }, [ title ]); }));
	const body = rows.map(function(row) {
		return E('tr', { 'class': 'tr' }, row.map(function(cell) {
			return E('td', { 'class': 'td' }, [ cell ]);
		}));
	});
	if (body.length === 0)
		body.push(E('tr', { 'class': 'tr placeholder' }, [ E('td', { 'class': 'td' }, [ empty ]) ]));
	return E('table', { 'class': 'table' }, [ head ].concat(body));
}

function accountRows(status, token) {
	return status.neighbours.flatMap(function(one) {
		const name = status.names[one.id] || one.id;
		return one.accounts.map(function(account) {
			const pays = account.direction === 'we pay';
			return [
				name,
				one.broken ? _('BROKEN') + ' ' + one.broken : one.standing,
				String(account.class),
				pays ? _('we pay') : _('we are paid'),
				bytes(account.position),
				money(account.amount, token),
				money(account.settled, token)
			];
		});
	});
}

// Parts of the agent that this one may not have answer with an error: nothing is shown of them then.
function incidentPart(found) {
	const list = found.answer && found.answer.incidents;
	if (!list) return [];
	const rows = list.map(function(one) {
		return [ one.kind, one.subject, one.since, one.open ? _('open') : _('over'), one.action, one.advice ];
	});
	const titles = [ _('What'), _('Where'), _('Since'), _('State'), _('What was done'), _('What to do') ];
	return [ E('h3', {}, [ _('Incidents') ]), table(titles, rows, _('None.')) ];
}

function routePart(found) {
	const list = found.answer && found.answer.routes;
	if (!list) return [];
	const rows = list.map(function(one) {
		return [ one.prefix, one.via, String(one.class), one.price, one.why ];
	});
	const titles = [ _('Destination'), _('Via'), _('Class'), _('Price'), _('Why') ];
	return [ E('h3', {}, [ _('Routes') ]), table(titles, rows, _('None.')) ];
}

function content(found) {
	const status = found[0].answer;
	if (!status)
		return [ E('p', { 'class': 'alert-message warning' }, [ found[0].error || _('No agent is running.') ]) ];
	const titles = [ _('Neighbour'), _('State'), _('Class'), _('Direction'), _('Traffic'), _('Owed'), _('Settled') ];
	const alarms = (status.alarms || []).concat(status.stopped ? [ status.stopped ] : []);
	return alarms.map(function(words) {
		return E('p', { 'class': 'alert-message danger' }, [ words ]);
	}).concat(
		[ E('p', {}, [ _('Node') + ' ' + status.node ]) ],
		[ table(titles, accountRows(status, tokenOf()), _('No accounts yet.')) ],
		incidentPart(found[1]),
		routePart(found[2])
	);
}

function look() {
	return Promise.all([ callStatus(), callIncidents(), callRoutes() ]);
}

return view.extend({
	load: function() {
		return Promise.all([ look(), uci.load('meshtoll') ]);
	},

	render: function(loaded) {
		const place = E('div', {}, content(loaded[0]));
		poll.add(function() {
			return look().then(function(found) { dom.content(place, content(found)); });
		}, interval);
		return E('div', { 'class': 'cbi-map' }, [
			E('h2', {}, [ _('Meshtoll') ]),
			place,
			E('button', {
				'class': 'cbi-button cbi-button-action',
				'click': function() { return callSettle(); }
			}, [ _('Pay everything owed now') ])
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
