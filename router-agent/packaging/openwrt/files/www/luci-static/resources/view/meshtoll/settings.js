'use strict';
'require view';
'require form';

// The configuration, option by option. The list is written when the package is made, from the table by
// which the agent reads its configuration: what it knows is here, with the same words.

const sections = /* @SECTIONS@ */ [];

function addOption(section, one) {
	const kind = one.many ? form.DynamicList : form.Value;
	const option = section.option(kind, one.key, one.key, one.about);
	option.placeholder = one.fallback;
	option.rmempty = !one.required;
	option.modalonly = !one.column;
}

function addSection(map, one) {
	const section = one.name
		? map.section(form.NamedSection, one.name, one.type, one.title)
		: map.section(form.GridSection, one.type, one.title);
	section.anonymous = one.anonymous;
	section.addremove = !one.name;
	one.options.forEach(function(option) { addOption(section, option); });
}

return view.extend({
	render: function() {
		const map = new form.Map('meshtoll', _('Meshtoll'),
			_('Amounts are exact: 0.05/GB, 0.01 USDC, 200MB, 20Mbit. What the agent refuses, it says in the system log; until it is right, the agent goes on as before.'));
		sections.forEach(function(one) { addSection(map, one); });
		return map.render();
	}
});
