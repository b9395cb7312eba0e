// SPDX-License-Identifier: MIT
/*
 * The report's charts. Of the trace this knows the numbers in #data, and nothing
 * else; text goes into the page as text, never as markup.
 */
(() => {
	'use strict';

	const data = JSON.parse(document.getElementById('data').textContent);
	const NS = 'http://www.w3.org/2000/svg';

	// --- numbers for people ---

	const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
	const rounded = (n) => String(Number(n.toFixed(n < 10 ? 1 : 0)));

	const sizeText = (bytes) => {
		const units = ['', 'K', 'M', 'G', 'T', 'P', 'E'];
		let i = 0;
		let n = Math.abs(bytes);
		while (n >= 1024 && i + 1 < units.length) {
			n /= 1024;
			i++;
		}
		return (bytes < 0 ? '-' : '') + rounded(n) + units[i];
	};

	// Of a line across: all its digits count.
	const exactSize = (bytes) => {
		const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), 6);
		return Number((bytes / 1024 ** power).toPrecision(6)) + ['', 'K', 'M', 'G', 'T', 'P', 'E'][power];
	};

	const countText = (count) => {
		const units = ['', 'k', 'M', 'G', 'T'];
		let i = 0;
		let n = count;
		while (n >= 10000 && i + 1 < units.length) {
			n /= 1000;
			i++;
		}
		return rounded(n) + units[i];
	};

	const timeUnits = [[864e11, 'd'], [36e11, 'h'], [6e10, 'min'], [1e9, 's'], [1e6, 'ms'], [1e3, 'us'], [1, 'ns']];

	const timeText = (ns) => {
		const [unit, name] = timeUnits.find(([u]) => ns >= u) || [1, 'ns'];
		return ns === 0 ? '0' : Number((ns / unit).toPrecision(3)) + ' ' + name;
	};

	// --- the time axis: bins of equal width since data.start ---

	const axis = data.axis;

	const sinceStart = (bin) => (axis.ns ? timeText(bin * axis.width) : countText(bin * axis.width));

	const pad = (n, digits) => String(n).padStart(digits, '0');

	const localText = (date) =>
		date.getFullYear() + '-' + pad(date.getMonth() + 1, 2) + '-' + pad(date.getDate(), 2) + ' ' +
		pad(date.getHours(), 2) + ':' + pad(date.getMinutes(), 2) + ':' + pad(date.getSeconds(), 2);

	const whenText = (bin) => {
		const since = '+' + sinceStart(bin);
		if (!axis.utc)
			return since;
		const date = new Date(axis.start * 1000 + (axis.start_ns + bin * axis.width) / 1e6);
		if (Number.isNaN(date.getTime()))
			return since;
		return since + ', ' + date.toISOString().replace('T', ' ').replace('Z', ' UTC') + ' (' + localText(date) + ' local)';
	};

	// The least of 1, 2, 5, 10 … (for times also 15, 30, 60 … seconds) that is at least n.
	const niceStep = (n, times) => {
		const more = times ? [15e9, 30e9, 6e10, 12e10, 3e11, 6e11, 18e11, 36e11, 72e11, 216e11, 432e11, 864e11] : [];
		const known = more.find((step) => step >= n);
		if (known !== undefined && n > 1e10)
			return known;
		const whole = times && n > 864e11 ? 864e11 : 1;
		const power = 10 ** Math.floor(Math.log10(n / whole));
		return whole * power * [1, 2, 5, 10].find((f) => f * power * whole >= n * 0.999999);
	};

	// --- drawing ---

	const draw = (name, attributes, parent, text) => {
		const element = document.createElementNS(NS, name);
		for (const [key, value] of Object.entries(attributes))
			element.setAttribute(key, value);
		if (text !== undefined)
			element.textContent = text;
		if (parent)
			parent.appendChild(element);
		return element;
	};

	const fixed = (n) => n.toFixed(1);
	const rect = (x, y, width, height) =>
		'M' + fixed(x) + ' ' + fixed(y) + 'h' + fixed(width) + 'v' + fixed(height) + 'h' + fixed(-width) + 'z';

	// What all charts have: a frame, a time axis below it, a line that tells what is under the pointer.
	class Chart {
		constructor(box, height, readout) {
			this.box = box;
			this.height = height;
			this.readout = readout;
			this.svg = draw('svg', { role: 'img', tabindex: '0', 'aria-label': box.dataset.label || '' }, box);
			this.output = document.createElement('output');
			box.appendChild(this.output);
			this.left = 56;
			this.top = 12;
			this.bottom = 22;
			this.at = -1;
			this.svg.addEventListener('pointermove', (event) => this.point(event));
			this.svg.addEventListener('pointerleave', () => this.show(-1));
			this.svg.addEventListener('keydown', (event) => this.key(event));
		}

		// Begins anew at the width that there is.
		clear() {
			this.width = Math.max(this.box.clientWidth, 240);
			this.plotWidth = this.width - this.left - 8;
			this.plotHeight = this.height - this.top - this.bottom;
			this.svg.textContent = '';
			this.svg.setAttribute('viewBox', '0 0 ' + this.width + ' ' + this.height);
		}

		x(bin) {
			return this.left + (bin * this.plotWidth) / axis.bins;
		}

		timeAxis() {
			const total = axis.bins * axis.width;
			const step = niceStep(total / Math.max(2, Math.floor(this.plotWidth / 90)), axis.ns);
			const y = this.top + this.plotHeight;
			let path = '';
			for (let t = 0; t <= total; t += step) {
				const x = this.x(t / axis.width);
				const end = x > this.width - 30;
				path += 'M' + fixed(x) + ' ' + y + 'v4';
				draw('text', { x: fixed(x), y: y + 16, 'text-anchor': end ? 'end' : t ? 'middle' : 'start' }, this.svg,
					axis.ns ? timeText(t) : countText(t));
			}
			draw('path', { class: 'base', d: path + 'M' + this.left + ' ' + y + 'h' + this.plotWidth }, this.svg);
		}

		// A line across, and what it stands for.
		level(y, text, kind) {
			draw('path', { class: kind || 'grid', d: 'M' + this.left + ' ' + fixed(y) + 'h' + this.plotWidth }, this.svg);
			draw('text', { x: this.left - 6, y: fixed(y + 4), 'text-anchor': 'end' }, this.svg, text);
		}

		path(kind, d) {
			if (d)
				draw('path', { class: kind, d }, this.svg);
		}

		// Of one bin, a pixel at least.
		bar(bin, y, height) {
			const width = this.plotWidth / axis.bins;
			return rect(this.x(bin), y, Math.max(width - (width > 4 ? 1 : 0), 1), height);
		}

		point(event) {
			const area = this.svg.getBoundingClientRect();
			const x = ((event.clientX - area.left) * this.width) / area.width;
			const bin = Math.floor(((x - this.left) * axis.bins) / this.plotWidth);
			this.show(bin >= 0 && bin < axis.bins ? bin : -1, ((event.clientY - area.top) * this.height) / area.height);
		}

		key(event) {
			const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -16, PageDown: 16 }[event.key];
			if (!step)
				return;
			event.preventDefault();
			this.show(Math.min(Math.max(this.at + step, 0), axis.bins - 1));
		}

		show(bin, y) {
			this.at = bin;
			if (this.cursor)
				this.cursor.remove();
			this.cursor = null;
			this.output.textContent = bin < 0 ? '' : whenText(bin) + ': ' + this.readout(bin, y);
			if (bin >= 0)
				this.cursor = draw('path', { class: 'cursor', d: this.bar(bin, this.top, this.plotHeight) }, this.svg);
		}
	}

	const charts = [];

	// paint(chart) is called now and whenever the width has changed.
	const addChart = (box, height, readout, paint) => {
		const chart = new Chart(box, height, readout);
		const repaint = () => {
			if (chart.width === Math.max(box.clientWidth, 240))
				return;
			chart.clear();
			paint(chart);
			chart.timeAxis();
			chart.show(-1);
		};
		repaint();
		charts.push(repaint);
	};

	const boxOf = (kind) => document.querySelector('[data-chart="' + kind + '"]');
	const most = (rows, of) => rows.reduce((max, row) => Math.max(max, of(row)), 0);
	const byBin = (rows) => new Map(rows.map((row) => [row[0], row]));

	// --- calls and blocks by time: rows of bin, calls, failed, gained, freed, losses ---

	const callsText = (calls, failed) =>
		grouped(calls) + (calls === 1 ? ' call' : ' calls') + (failed ? ', ' + grouped(failed) + ' failed' : '');

	const countLevels = (chart, max, steps, y) => {
		const step = Math.max(1, niceStep(max / steps, false));
		for (let n = 0; n <= max; n += step)
			chart.level(y(n), countText(n));
	};

	const callsChart = (box) => {
		const rows = byBin(data.bins);
		const max = most(data.bins, (row) => row[1]) || 1;
		const readout = (bin) => {
			const [, calls, failed, , , losses] = rows.get(bin) || [bin, 0, 0, 0, 0, 0];
			return callsText(calls, failed) + (losses ? ', events lost here' : '');
		};
		addChart(box, 150, readout, (chart) => {
			const y = (n) => chart.top + chart.plotHeight * (1 - n / max);
			let good = '';
			let bad = '';
			let lost = '';
			countLevels(chart, max, 3, y);
			for (const [bin, calls, failed, , , losses] of data.bins) {
				if (calls > failed)
					good += chart.bar(bin, y(calls), y(failed) - y(calls));
				if (failed)
					bad += chart.bar(bin, y(failed), y(0) - y(failed));
				if (losses)
					lost += 'M' + fixed(chart.x(bin + 0.5) - 5) + ' 1h10l-5 9z';
			}
			chart.path('fill-first', good);
			chart.path('fill-bad', bad);
			chart.path('fill-loss', lost);
		});
	};

	// A step in bytes for some three lines up to max: a power of two.
	const sizeStep = (max) => 2 ** Math.max(0, Math.ceil(Math.log2(max / 3)));

	const blocksChart = (box) => {
		const rows = byBin(data.bins);
		const up = most(data.bins, (row) => row[3]);
		const down = most(data.bins, (row) => row[4]);
		const readout = (bin) => {
			const [, , , gained, freed] = rows.get(bin) || [bin, 0, 0, 0, 0];
			return sizeText(gained) + ' gained, ' + sizeText(freed) + ' freed';
		};
		addChart(box, 150, readout, (chart) => {
			const zero = chart.top + (chart.plotHeight * up) / (up + down || 1);
			const y = (n) => zero - (chart.plotHeight * n) / (up + down || 1);
			const step = sizeStep(Math.max(up, down) || 1);
			let gains = '';
			let frees = '';
			for (let n = step; n <= up; n += step)
				chart.level(y(n), sizeText(n));
			for (let n = step; n <= down; n += step)
				chart.level(y(-n), '-' + sizeText(n));
			chart.level(zero, '0', 'base');
			for (const [bin, , , gained, freed] of data.bins) {
				if (gained)
					gains += chart.bar(bin, y(gained), zero - y(gained));
				if (freed)
					frees += chart.bar(bin, zero, y(-freed) - zero);
			}
			chart.path('fill-first', gains);
			chart.path('fill-second', frees);
		});
	};

	// --- latencies: two rows a power of two; cells of bin, row, calls ---

	const rowStart = (row) => (row < 2 ? row : (2 + (row % 2)) * 2 ** (Math.floor(row / 2) - 1));

	// 1, 10, 100 …; and 2 and 5 times as much, where that is not many.
	const decades = (low, high) => {
		const steps = high / low > 500 ? [1] : [1, 2, 5];
		const factor = high / low > 1e12 ? 1000 : 10;
		const all = [];
		for (let ns = 1; ns <= high; ns *= factor)
			all.push(...steps.map((step) => ns * step));
		return all.filter((ns) => ns >= low && ns <= high);
	};

	const HEAT_LEVELS = 6;

	const heatChart = (box) => {
		const rows = data.heat.map((cell) => cell[1]);
		const low = Math.max(Math.min(...rows), 1);
		const high = Math.max(...rows) + 1;
		const max = most(data.heat, (cell) => cell[2]);
		const cells = new Map(data.heat.map((cell) => [cell[0] * 256 + cell[1], cell[2]]));
		const from = Math.log2(rowStart(low));
		const range = Math.log2(rowStart(high)) - from;
		const height = 250;
		let yOf;
		const rowAt = (y) => {
			for (let row = low; row < high; row++)
				if (y > yOf(rowStart(row + 1)))
					return row;
			return -1;
		};
		const readout = (bin, y) => {
			const row = y === undefined ? -1 : rowAt(y);
			if (row < 0) {
				const calls = data.heat.reduce((sum, cell) => sum + (cell[0] === bin ? cell[2] : 0), 0);
				return callsText(calls, 0) + ' of known latency';
			}
			return callsText(cells.get(bin * 256 + row) || 0, 0) + ' of ' + timeText(rowStart(row)) + ' to ' +
				timeText(rowStart(row + 1));
		};
		addChart(box, height, readout, (chart) => {
			const y = (ns) => chart.top + chart.plotHeight * (1 - (Math.log2(Math.max(ns, 1)) - from) / range);
			const paths = Array(HEAT_LEVELS + 1).fill('');
			yOf = y;
			for (const ns of decades(rowStart(low), rowStart(high)))
				chart.level(y(ns), timeText(ns));
			for (const [bin, row, calls] of data.heat) {
				const level = max > 1 ? 1 + Math.floor((Math.log(calls) / Math.log(max)) * (HEAT_LEVELS - 0.001)) : HEAT_LEVELS;
				const end = y(rowStart(row + 1));
				paths[Math.min(level, HEAT_LEVELS)] += chart.bar(bin, end, y(rowStart(Math.max(row, 1))) - end || 1);
			}
			paths.forEach((d, level) => chart.path('heat heat-' + level, d));
			let above = Infinity; // where the last name stands
			for (const [name, ns] of Object.entries(data.latency)) {
				const at = y(ns) - 3;
				chart.path('mark', 'M' + chart.left + ' ' + fixed(y(ns)) + 'h' + chart.plotWidth);
				if (above - at > 11)
					draw('text', { class: 'mark-text', x: chart.width - 10, y: fixed(at), 'text-anchor': 'end' }, chart.svg,
						name + ' ' + timeText(ns));
				above = Math.min(above, at);
			}
		});
	};

	// --- a file: points of bin, calls, failed, size before and after, allocated before and after ---

	// What was known is kept until the next call tells anew; null: not known.
	const stepLine = (points, before, after, x, y) => {
		let path = '';
		let last = null;
		for (const point of points) {
			if (point[before] !== null)
				path += (last === null ? 'M' : 'L') + fixed(x(point[0])) + ' ' + fixed(y(last === null ? point[before] : last)) +
					'V' + fixed(y(point[before]));
			if (point[after] !== null) {
				if (point[before] === null)
					path += (last === null ? 'M' : 'L') + fixed(x(point[0])) + ' ' + fixed(y(last === null ? point[after] : last));
				path += 'V' + fixed(y(point[after]));
			}
			last = point[after] !== null ? point[after] : point[before] !== null ? point[before] : last;
		}
		return path && path + 'H' + fixed(x(axis.bins));
	};

	const fileChart = (box) => {
		const points = data.files[Number(box.dataset.file)];
		const rows = byBin(points);
		const sizes = points.reduce((all, p) => all.concat(p.slice(3)), []).filter((n) => n !== null);
		const max = Math.max(1, ...sizes);
		// Of a large file that changes little, the changes are what is to be seen.
		const least = Math.min(max, ...sizes);
		const low = least > max / 2 ? least - Math.max((max - least) * 0.1, max / 1024) : 0;
		const calls = most(points, (p) => p[1]) || 1;
		const text = (n) => (n === null ? '-' : sizeText(n));
		const readout = (bin) => {
			const p = rows.get(bin);
			return p
				? callsText(p[1], p[2]) + '; size ' + text(p[3]) + ' → ' + text(p[4]) + ', allocated ' + text(p[5]) + ' → ' +
					text(p[6])
				: 'no call';
		};
		addChart(box, 170, readout, (chart) => {
			const strip = 34; // for the calls, below the sizes
			const height = chart.plotHeight - strip - 8;
			const y = (bytes) => chart.top + height * (1 - (bytes - low) / (max - low));
			const floor = chart.top + chart.plotHeight;
			const step = sizeStep(max - low);
			let good = '';
			let bad = '';
			for (let n = Math.ceil(low / step) * step; n <= max; n += step)
				chart.level(y(n), exactSize(n));
			for (const [bin, count, failed] of points) {
				const whole = Math.max((strip * count) / calls, 1);
				const part = failed ? Math.max((strip * failed) / calls, 1) : 0;
				good += chart.bar(bin, floor - whole, whole - part);
				if (part)
					bad += chart.bar(bin, floor - part, part);
			}
			chart.path('fill-soft', good);
			chart.path('fill-bad', bad);
			draw('text', { x: chart.left - 6, y: fixed(floor - strip + 8), 'text-anchor': 'end' }, chart.svg, countText(calls));
			chart.path('line-first', stepLine(points, 3, 4, (bin) => chart.x(bin), y));
			chart.path('line-second', stepLine(points, 5, 6, (bin) => chart.x(bin), y));
		});
	};

	if (data.bins.length) {
		callsChart(boxOf('calls'));
		if (boxOf('blocks'))
			blocksChart(boxOf('blocks'));
		if (boxOf('heat'))
			heatChart(boxOf('heat'));
		document.querySelectorAll('[data-chart="file"]').forEach(fileChart);
		window.addEventListener('resize', () => charts.forEach((repaint) => repaint()));
	}
})();
