// SPDX-License-Identifier: MIT
/*
 * The report's tables sort and filter, and its times are told as the reader's
 * clock has them, too. Text goes into the page as text, never as markup.
 */
(() => {
	'use strict';

	const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

	// Cells sort by data-v, which is exact, else by their text; what is not known comes last.
	const valueOf = (row, column, text) => {
		const cell = row.cells[column];
		if (text)
			return cell.textContent === '-' ? null : cell.textContent.toLowerCase();
		const value = cell.dataset.v;
		return value === undefined ? null : value;
	};

	const compareText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

	// Decimal integers of any length.
	const compareNumbers = (a, b) => {
		const difference = Number(a) - Number(b);
		if (difference !== 0 || a === b)
			return difference;
		const sign = a[0] === '-' ? -1 : 1;
		return sign * (a.length - b.length || compareText(a, b));
	};

	const sortBy = (table, column) => {
		const heading = table.tHead.rows[0].cells[column];
		const text = heading.classList.contains('text');
		const before = heading.getAttribute('aria-sort');
		const down = before ? before === 'ascending' : !text;
		const compare = text ? compareText : compareNumbers;
		const body = table.tBodies[0];
		const rows = Array.from(body.rows, (row) => [valueOf(row, column, text), row]);
		const known = rows.filter(([value]) => value !== null);
		known.sort(([a], [b]) => (down ? compare(b, a) : compare(a, b)));
		for (const other of table.tHead.rows[0].cells)
			other.removeAttribute('aria-sort');
		heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
		body.append(...known.map(([, row]) => row), ...rows.filter(([value]) => value === null).map(([, row]) => row));
	};

	// A row is shown if each word is found in one of its columns of text.
	const filterRows = (table, texts, words, said) => {
		const rows = Array.from(table.tBodies[0].rows);
		let shown = 0;
		for (const row of rows) {
			const text = texts.map((column) => row.cells[column].textContent).join('\n').toLowerCase();
			row.hidden = !words.every((word) => text.includes(word));
			shown += row.hidden ? 0 : 1;
		}
		said.textContent = words.length ? grouped(shown) + ' of ' + grouped(rows.length) + ' rows' : '';
	};

	const addFilter = (table, headings) => {
		const texts = headings.map((heading, column) => (heading.classList.contains('text') ? column : -1)).filter((column) => column >= 0);
		const tools = document.createElement('div');
		const label = document.createElement('label');
		const input = document.createElement('input');
		const said = document.createElement('span');
		tools.className = 'tools';
		said.className = 'soft';
		said.setAttribute('role', 'status');
		input.type = 'search';
		input.autocomplete = 'off';
		input.spellcheck = false;
		label.append('Filter ', input);
		tools.append(label, said);
		input.addEventListener('input', () => {
			filterRows(table, texts, input.value.toLowerCase().split(/\s+/).filter(Boolean), said);
		});
		table.closest('.scroll').before(tools);
	};

	const activate = (table) => {
		const headings = Array.from(table.tHead.rows[0].cells);
		headings.forEach((heading, column) => {
			const button = document.createElement('button');
			button.type = 'button';
			button.append(...heading.childNodes);
			button.addEventListener('click', () => sortBy(table, column));
			heading.append(button);
		});
		if (table.tBodies[0].rows.length > 1)
			addFilter(table, headings);
	};

	// --- times as the reader's clock has them ---

	const pad = (n, digits) => String(n).padStart(digits, '0');

	const localText = (date) =>
		date.getFullYear() + '-' + pad(date.getMonth() + 1, 2) + '-' + pad(date.getDate(), 2) + ' ' +
		pad(date.getHours(), 2) + ':' + pad(date.getMinutes(), 2) + ':' + pad(date.getSeconds(), 2);

	const addLocalTime = (time) => {
		const date = new Date(time.dateTime.replace(/(\.\d{3})\d*Z$/, '$1Z'));
		if (Number.isNaN(date.getTime()))
			return;
		const zone = date.toString().replace(/^.*(GMT\S*).*$/, '$1');
		const text = localText(date) + ' ' + zone + ' (local)';
		if (time.closest('.facts')) {
			const local = document.createElement('span');
			local.className = 'local';
			local.textContent = text;
			time.after(local);
		} else {
			time.title = text;
		}
	};

	// On paper nobody can open what is folded away.
	const openDetails = () => document.querySelectorAll('details').forEach((details) => {
		details.open = true;
	});

	window.addEventListener('beforeprint', openDetails);
	document.querySelectorAll('time').forEach(addLocalTime);
	document.querySelectorAll('table.sorts').forEach(activate);
})();
