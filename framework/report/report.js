// What a report can do: switch runs, sort tables, choose what is shown, draw curves. The tables are in the page already;
// this adds to them, so that without it nothing is lost but the curves.
"use strict";

(() => {
  const root = document.documentElement;
  const colours = 8;
  const dashes = 4;
  const labelledCurves = 8;
  const legendEntries = 16;
  const bestRuns = 5;
  const svgNames = element("div", { innerHTML: "<svg></svg>" }).firstChild.namespaceURI;

  const data = JSON.parse(document.getElementById("data").textContent);
  const shown = data.runs.map(() => true);
  const listeners = [];
  let emphasised = -1;

  // ---- Small helpers

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key in made && key !== "list") made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  function drawn(name, attributes, ...children) {
    const made = document.createElementNS(svgNames, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function say(text) {
    document.getElementById("said").textContent = text;
  }

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  function figure(value, percent) {
    if (!isNumber(value)) return "–";
    if (percent) return value > 0 && value < 0.05 || value >= 99.95 && value < 100 ? value.toFixed(2) : value.toFixed(1);
    if (value === 0) return "0";
    const size = Math.abs(value);
    return size >= 1e5 || size < 1e-3 ? value.toExponential(2).replace("e+", "e") : String(Number(value.toPrecision(4)));
  }

  function duration(seconds) {
    const whole = Math.round(seconds);
    if (whole < 60) return `${Math.round(seconds * 10) / 10} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  }

  function short(value) {
    const size = Math.abs(value);
    if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))}G`;
    if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
    if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
    return String(Number(value.toPrecision(6)));
  }

  // ---- Runs: their keys, and switching them

  const keyClass = (run) => `k${run % colours} d${(run + Math.floor(run / colours)) % dashes}`;

  function marker(run, x, y, size = 3.2) {
    const class_ = { class: `mark k${run % colours}` };
    const s = size;
    switch (run % 5) {
      case 0: return drawn("circle", { ...class_, cx: x, cy: y, r: s });
      case 1: return drawn("rect", { ...class_, x: x - s, y: y - s, width: 2 * s, height: 2 * s });
      case 2: return drawn("path", { ...class_, d: `M${x} ${y - s * 1.3}L${x + s * 1.2} ${y + s}H${x - s * 1.2}Z` });
      case 3: return drawn("path", { ...class_, d: `M${x} ${y - s * 1.4}L${x + s * 1.4} ${y}L${x} ${y + s * 1.4}L${x - s * 1.4} ${y}Z` });
      default: return drawn("path", { ...class_, d: `M${x} ${y + s * 1.3}L${x + s * 1.2} ${y - s}H${x - s * 1.2}Z` });
    }
  }

  function keySvg(run) {
    return drawn("svg", { viewBox: "0 0 28 12", "aria-hidden": "true" },
      drawn("path", { class: `curve ${keyClass(run)}`, d: "M1 6H27" }), marker(run, 14, 6));
  }

  /** A run's key stands before its name wherever that heads something. */
  function addKeys() {
    if (data.runs.length < 2) return;
    for (const place of document.querySelectorAll("[data-run]")) {
      const heading = place.cells ? place.cells[0] : place.querySelector("h3");
      heading.prepend(element("span", { className: "key" }, keySvg(Number(place.dataset.run))));
    }
  }

  function applyShown() {
    for (const row of document.querySelectorAll("[data-run]")) {
      const run = Number(row.dataset.run);
      const isRunTable = row.closest("#run-table") !== null;
      row.classList.toggle("off", !shown[run]);
      if (!isRunTable && row.dataset.choice === undefined) row.hidden = !shown[run];
    }
    for (const box of document.querySelectorAll("#run-table input")) box.checked = shown[Number(box.value)];
    for (const listener of listeners) listener();
  }

  /** The largest accuracy on the first test set. */
  function bestFigure(run) {
    const values = run.eval && run.eval.sets[0] ? run.eval.sets[0][0].filter(isNumber) : [];
    return Math.max(-1, ...values);
  }

  function addSwitches() {
    const table = document.querySelector("#run-table table");
    if (!table || data.runs.length < 2) return;
    for (const row of table.tBodies[0].rows) {
      const run = Number(row.dataset.run);
      const box = element("input", { type: "checkbox", checked: true, value: String(run) });
      box.setAttribute("aria-label", `Show ${data.runs[run].name}`);
      box.addEventListener("change", () => {
        shown[run] = box.checked;
        applyShown();
        say(`${data.runs[run].name} ${box.checked ? "shown" : "hidden"}`);
      });
      const label = element("label");
      label.append(box, ...row.cells[0].childNodes);
      row.cells[0].append(label);
      const emphasise = (which) => () => {
        emphasised = which;
        for (const listener of listeners) listener();
      };
      row.addEventListener("pointerenter", emphasise(run));
      row.addEventListener("pointerleave", emphasise(-1));
      row.addEventListener("focusin", emphasise(run));
      row.addEventListener("focusout", emphasise(-1));
    }
    const all = (value) => () => {
      shown.fill(value);
      applyShown();
      say(value ? "All runs shown" : "All runs hidden");
    };
    const best = () => {
      const order = data.runs.map((run, place) => [bestFigure(run), place]).sort((one, other) => other[0] - one[0]);
      shown.fill(false);
      for (const [, place] of order.slice(0, bestRuns)) shown[place] = true;
      applyShown();
      say(`The ${bestRuns} runs with the best accuracy are shown`);
    };
    const buttons = element("div", { className: "controls" },
      element("button", { className: "button", type: "button", onclick: all(true) }, "Show all"),
      element("button", { className: "button", type: "button", onclick: all(false) }, "Hide all"),
      ...(data.runs.length > bestRuns ? [element("button", { className: "button", type: "button", onclick: best }, `Show the best ${bestRuns}`)] : []),
      element("span", { className: "soft" }, "Switch runs on and off in all of the page; sort by a column's title."));
    document.getElementById("run-table").before(buttons);
  }

  // ---- Tables that sort

  function sortKey(row, column) {
    const cell = row.cells[column];
    if (cell.dataset.v !== undefined) return cell.dataset.v === "" ? null : Number(cell.dataset.v);
    const text = cell.textContent.trim();
    if (text === "–" || text === "not set" || text === "") return null;
    return Number.isFinite(Number(text)) ? Number(text) : text; // 5e-4 and 0.002 as settings, too
  }

  const collator = new Intl.Collator("en", { numeric: true });

  function compare(one, other) {
    if (typeof one === "number" && typeof other === "number") return one - other;
    return collator.compare(String(one), String(other));
  }

  function sortBy(table, column, direction) {
    const rows = [...table.tBodies[0].rows];
    const keys = new Map(rows.map((row) => [row, sortKey(row, column)]));
    rows.sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      if (a === null || b === null) return (a === null) - (b === null); // what is missing is last
      return direction * compare(a, b);
    });
    table.tBodies[0].append(...rows);
    [...table.tHead.rows[0].cells].forEach((cell, place) => {
      if (place === column) cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
  }

  function makeSortable(table) {
    const scroll = table.closest(".scroll"); // the keyboard stops only where there is something to scroll
    if (scroll) new ResizeObserver(() => { scroll.tabIndex = scroll.scrollWidth > scroll.clientWidth ? 0 : -1; }).observe(scroll);
    if (!table.tHead || table.tBodies[0].rows.length < 2) return;
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = element("button", { type: "button" });
      button.append(...cell.childNodes);
      cell.append(button);
      button.addEventListener("click", () => {
        const numeric = [...table.tBodies[0].rows].some((row) => typeof sortKey(row, column) === "number");
        const now = cell.getAttribute("aria-sort");
        const direction = now === null ? (numeric ? -1 : 1) : now === "ascending" ? -1 : 1;
        sortBy(table, column, direction);
        say(`Sorted by ${cell.textContent.trim()}, ${direction > 0 ? "ascending" : "descending"}`);
      });
    });
  }

  // ---- Choosing one of several blocks

  function chooser(label, names, change) {
    const select = element("select");
    names.forEach((name, place) => select.append(element("option", { value: String(place) }, name)));
    select.addEventListener("change", () => change(Number(select.value)));
    return element("label", { className: "named" }, label, select);
  }

  function makeChoices(container) {
    const blocks = [...container.children];
    if (blocks.length < 2) return;
    const show = (chosen) => blocks.forEach((block, place) => { block.hidden = place !== chosen; });
    const first = Math.max(0, blocks.findIndex((block) => block.querySelector(".card, table")));
    const choice = chooser(container.dataset.label, blocks.map((block) => block.dataset.choice), show);
    choice.querySelector("select").value = String(first);
    container.before(element("div", { className: "controls" }, choice));
    show(first);
  }

  function segments(legend, options, chosen, change) {
    const name = `s${segments.count = (segments.count || 0) + 1}`;
    const group = element("div", { className: "segments" });
    for (const [value, text] of options) {
      const input = element("input", { type: "radio", name, value, checked: value === chosen });
      input.addEventListener("change", () => change(value));
      group.append(element("label", {}, input, element("span", {}, text)));
    }
    return element("fieldset", {}, element("legend", {}, legend), group);
  }

  // ---- Axes

  function linearTicks(from, to, wanted) {
    const rough = (to - from) / wanted || 1;
    const decade = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * decade).find((candidate) => candidate >= rough * 0.999);
    const ticks = [];
    for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; ++i) ticks.push(Number((i * step).toPrecision(12)));
    return { ticks, step };
  }

  function logarithmicTicks(from, to) {
    const decades = Math.log10(to / from);
    const digits = decades > 4 ? [1] : decades > 2 ? [1, 3] : decades > 0.9 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
    const every = Math.max(1, Math.ceil(decades / 7));
    const ticks = [];
    for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); ++power) {
      if (power % every !== 0) continue;
      for (const digit of digits) {
        const value = Number((digit * 10 ** power).toPrecision(3));
        if (value >= from * 0.999 && value <= to * 1.001) ticks.push(value);
      }
    }
    return ticks;
  }

  function extent(series, pick) {
    let [from, to] = [Infinity, -Infinity];
    for (const one of series) {
      for (const point of one.points) {
        const value = pick(point);
        if (!isNumber(value)) continue;
        from = Math.min(from, value);
        to = Math.max(to, value);
      }
    }
    return [from, to];
  }

  /** Where values lie between two pixels. */
  function scaleOf(axis, from, to, begin, end) {
    const transform = axis.logarithmic ? Math.log : (value) => value;
    const [low, high] = [transform(from), transform(to)];
    return (value) => begin + (end - begin) * (transform(value) - low) / (high - low || 1);
  }

  // ---- A chart

  /** `describe()` gives {title, x, y, series: [{run, points: [[x, y]]}], markers}; axes are {title, logarithmic, text}. */
  class Chart {
    constructor(parent, controls, describe) {
      this.describe = describe;
      this.caption = element("figcaption");
      this.plot = element("div", { className: "plot", tabIndex: 0 });
      this.plot.setAttribute("role", "group");
      this.reading = element("div", { className: "reading", hidden: true });
      this.legend = element("ul", { className: "legend" });
      this.values = element("details", {}, element("summary", {}, "Values as a table"), element("div"));
      this.values.addEventListener("toggle", () => this.fillTable());
      this.figure = element("figure", {}, this.caption, controls, this.plot, this.legend, this.values);
      parent.append(this.figure);
      this.width = 0;
      new ResizeObserver(() => {
        if (Math.abs(this.plot.clientWidth - this.width) > 1) this.draw();
      }).observe(this.plot);
      this.plot.addEventListener("pointermove", (event) => this.point(event));
      this.plot.addEventListener("pointerdown", (event) => this.point(event));
      this.plot.addEventListener("pointerleave", () => this.unread());
      this.plot.addEventListener("blur", () => this.unread());
      this.plot.addEventListener("keydown", (event) => this.key(event));
      listeners.push(() => this.draw());
      this.draw();
    }

    draw() {
      const now = this.describe();
      now.series = now.series.filter((one) => shown[one.run] && one.points.some(([x, y]) => isNumber(x) && isNumber(y)));
      this.now = now;
      this.caption.textContent = now.title;
      this.width = this.plot.clientWidth || 560;
      const height = Math.round(Math.min(340, Math.max(230, this.width * 0.56)));
      this.plot.setAttribute("aria-label", this.description());
      if (now.series.length === 0) {
        this.plot.replaceChildren(element("p", { className: "soft" }, now.empty || "Nothing to draw."));
        this.svg = null;
        this.legend.hidden = true;
        return;
      }
      this.layOut(height);
      this.svg = drawn("svg", { viewBox: `0 0 ${this.width} ${height}`, "aria-hidden": "true" });
      this.svg.append(...this.axes(height), ...this.curves(), ...this.labels());
      this.cross = drawn("g", {});
      this.svg.append(this.cross);
      this.plot.replaceChildren(this.svg, this.reading);
      this.reading.hidden = true;
      this.all = null;
      this.fillLegend();
      this.fillTable();
    }

    /** Where there is no room for names at the curves' ends. */
    fillLegend() {
      const { series } = this.now;
      this.legend.hidden = this.labelled || data.runs.length < 2;
      if (this.legend.hidden) return;
      this.legend.replaceChildren(...series.slice(0, legendEntries).map(({ run }) =>
        element("li", {}, element("span", { className: "key" }, keySvg(run)), data.runs[run].name)));
      if (series.length > legendEntries) this.legend.append(element("li", {}, `and ${series.length - legendEntries} more`));
    }

    layOut(height) {
      const { x, y, series } = this.now;
      const labelled = this.width >= 440 && data.runs.length > 1 && series.length <= labelledCurves;
      const longest = Math.max(...series.map((one) => data.runs[one.run].name.length));
      this.right = labelled ? Math.min(150, 18 + 6.6 * longest) : 12;
      this.labelled = labelled;
      this.box = { left: 52, top: 10, right: this.width - this.right, bottom: height - 40 };
      [x.from, x.to] = extent(series, (point) => point[0]);
      if (!x.logarithmic) x.from = 0;
      if (x.to <= x.from) x.to = x.from + 1;
      this.rangeOf(y, series);
      this.toX = scaleOf(x, x.from, x.to, this.box.left, this.box.right);
      this.toY = scaleOf(y, y.from, y.to, this.box.bottom, this.box.top);
    }

    rangeOf(y, series) {
      const [from, to] = extent(series, (point) => (y.logarithmic && !(point[1] > 0) ? null : point[1]));
      if (y.logarithmic) {
        y.from = isNumber(from) && from < Infinity ? from / 1.15 : 0.1;
        y.to = to > y.from ? to * 1.15 : y.from * 10;
        return;
      }
      const top = y.percent && to > 50 ? 100 : to > 0 ? to : 1;
      const { step } = linearTicks(0, top, 5);
      y.from = Math.min(0, from);
      y.to = Math.ceil(top / step - 1e-9) * step;
    }

    axes() {
      const { x, y } = this.now;
      const { left, right, top, bottom } = this.box;
      const parts = [];
      const yTicks = y.logarithmic ? logarithmicTicks(y.from, y.to) : linearTicks(y.from, y.to, 5).ticks;
      for (const tick of yTicks) {
        const at = this.toY(tick);
        parts.push(drawn("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }));
        parts.push(drawn("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, y.text(tick)));
      }
      const wanted = Math.max(2, Math.floor((right - left) / 90));
      const xTicks = x.ticks || (x.logarithmic ? logarithmicTicks(x.from, x.to) : linearTicks(x.from, x.to, wanted).ticks);
      for (const tick of xTicks) {
        const at = this.toX(tick);
        parts.push(drawn("line", { class: "axis", x1: at, x2: at, y1: bottom, y2: bottom + 5 }));
        parts.push(drawn("text", { x: at, y: bottom + 18, "text-anchor": "middle" }, x.text(tick)));
      }
      parts.push(drawn("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
      parts.push(drawn("text", { x: (left + right) / 2, y: bottom + 35, "text-anchor": "middle" }, x.title));
      return parts;
    }

    place([x, y]) {
      if (!isNumber(x) || !isNumber(y)) return null;
      const height = this.now.y.logarithmic && y <= 0 ? this.now.y.from : y;
      return [Math.round(this.toX(x) * 10) / 10, Math.round(this.toY(height) * 10) / 10];
    }

    curves() {
      const sparse = this.now.series.length <= 12; // more would hide each other
      return this.now.series.map(({ run, points }) => {
        let path = "";
        let broken = true;
        const places = points.map((point) => this.place(point));
        for (const at of places) {
          if (at) path += `${broken ? "M" : "L"}${at[0]} ${at[1]}`;
          broken = !at;
        }
        const strength = emphasised < 0 ? "" : emphasised === run ? " strong" : " dim";
        const group = drawn("g", { class: strength.trim() === "dim" ? "dim" : "" },
          drawn("path", { class: `curve ${keyClass(run)}${strength === " strong" ? strength : ""}`, d: path }));
        const drawnPlaces = places.filter(Boolean);
        const every = Math.max(1, Math.ceil(drawnPlaces.length / (this.now.markers ? 12 : 5)));
        drawnPlaces.forEach((at, i) => {
          const last = i === drawnPlaces.length - 1;
          if (last || sparse && this.now.markers && i % every === 0) group.append(marker(run, at[0], at[1]));
        });
        return group;
      });
    }

    /** Names at the curves' ends, moved apart. */
    labels() {
      if (!this.labelled) return [];
      const gap = 15;
      const ends = this.now.series.map(({ run, points }) => {
        const at = points.map((point) => this.place(point)).filter(Boolean).pop();
        return { run, x: at[0], y: at[1], wanted: at[1] };
      }).sort((one, other) => one.y - other.y);
      for (let i = 1; i < ends.length; ++i) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + gap);
      let limit = this.box.bottom + 4;
      for (let i = ends.length - 1; i >= 0; --i) {
        ends[i].y = Math.min(ends[i].y, limit);
        limit = ends[i].y - gap;
      }
      const most = Math.floor((this.right - 14) / 6.4);
      return ends.map(({ run, y }) => {
        const name = data.runs[run].name;
        const text = name.length > most ? `${name.slice(0, most - 1)}…` : name;
        return drawn("text", { class: `label${emphasised >= 0 && emphasised !== run ? " dim" : ""}`, x: this.box.right + 9, y: y + 4 }, text);
      });
    }

    description() {
      const { title, x, y, series } = this.now;
      const ends = series.slice(0, 12).map(({ run, points }) => {
        const values = points.map((point) => point[1]).filter(isNumber);
        return `${data.runs[run].name} from ${y.text(values[0], true)} to ${y.text(values[values.length - 1], true)}`;
      });
      const more = series.length > 12 ? `, and ${series.length - 12} more` : "";
      return `${title}, by ${x.title}. ${ends.join("; ")}${more}. Left and right arrow keys read the values.`;
    }

    // -- Reading values

    positions() {
      if (this.all) return this.all;
      const all = new Set();
      for (const one of this.now.series) for (const [x, y] of one.points) if (isNumber(x) && isNumber(y)) all.add(x);
      this.all = [...all].sort((one, other) => one - other);
      return this.all;
    }

    read(position) {
      const { x, y, series } = this.now;
      const found = series.map(({ run, points }) => {
        const nearest = points.reduce((best, point) => {
          if (!isNumber(point[0]) || !isNumber(point[1])) return best;
          return !best || Math.abs(this.toX(point[0]) - this.toX(position)) < Math.abs(this.toX(best[0]) - this.toX(position)) ? point : best;
        }, null);
        return { run, point: nearest };
      }).filter(({ point }) => point && Math.abs(this.toX(point[0]) - this.toX(position)) < 30);
      found.sort((one, other) => other.point[1] - one.point[1]);
      const at = this.toX(position);
      this.cross.replaceChildren(drawn("line", { class: "cross", x1: at, x2: at, y1: this.box.top, y2: this.box.bottom }),
        ...found.map(({ run, point }) => marker(run, ...this.place(point), 4)));
      this.reading.replaceChildren(element("b", {}, `${x.title} ${x.text(position, true)}`),
        ...found.slice(0, 10).map(({ run, point }) => {
          const key = element("span", { className: "key" }, keySvg(run));
          return element("div", {}, key, element("span", { className: "name" }, data.runs[run].name),
            element("span", { className: "value" }, y.text(point[1], true)));
        }));
      if (found.length > 10) this.reading.append(`and ${found.length - 10} more`);
      this.reading.hidden = false;
      const wide = this.reading.offsetWidth;
      this.reading.style.left = `${at + wide + 16 < this.width ? at + 12 : Math.max(0, at - wide - 12)}px`;
      return `${x.title} ${x.text(position, true)}: ${found.map(({ run, point }) => `${data.runs[run].name} ${y.text(point[1], true)}`).join(", ")}`;
    }

    point(event) {
      if (!this.svg) return;
      const pixel = event.clientX - this.plot.getBoundingClientRect().left;
      const positions = this.positions();
      const nearest = positions.reduce((best, x) => (Math.abs(this.toX(x) - pixel) < Math.abs(this.toX(best) - pixel) ? x : best), positions[0]);
      this.position = nearest;
      this.read(nearest);
    }

    key(event) {
      if (!this.svg) return;
      const positions = this.positions();
      const at = positions.indexOf(this.position);
      const far = Math.max(1, Math.round(positions.length / 10));
      const moves = { ArrowLeft: at < 0 ? 0 : at - 1, ArrowRight: at + 1, PageUp: at + far, PageDown: at - far, Home: 0, End: positions.length - 1 };
      if (event.key === "Escape") this.unread();
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.position = positions[Math.max(0, Math.min(positions.length - 1, moves[event.key]))];
      say(this.read(this.position));
    }

    unread() {
      if (this.cross) this.cross.replaceChildren();
      this.reading.hidden = true;
    }

    fillTable() {
      if (!this.values.open) return;
      const { x, y, series, title } = this.now;
      const most = 24;
      const all = this.positions();
      const every = Math.max(1, Math.ceil(all.length / most));
      const positions = all.filter((_, i) => i % every === 0 || i === all.length - 1);
      const head = element("tr", {}, element("th", { scope: "col" }, x.title),
        ...series.map(({ run }) => element("th", { scope: "col", className: "n" }, data.runs[run].name)));
      const body = element("tbody", {}, ...positions.map((position) => element("tr", {},
        element("th", { scope: "row" }, x.text(position, true)),
        ...series.map(({ points }) => {
          const found = points.find((point) => point[0] === position);
          return element("td", { className: "n" }, found ? y.text(found[1], true) : "");
        }))));
      const note = every > 1 ? `, one in ${every} of ${all.length} points` : "";
      const table = element("table", {}, element("caption", {}, title + note), element("thead", {}, head), body);
      const scroll = element("div", { className: "scroll", tabIndex: 0 }, table);
      scroll.setAttribute("role", "group");
      scroll.setAttribute("aria-label", title);
      this.values.lastElementChild.replaceChildren(scroll);
    }
  }

  // ---- The charts of a report

  const axes = {
    update: { title: "update", text: (value) => short(value), of: (curve, i) => curve.u[i] },
    example: { title: "examples", text: (value) => short(value), of: (curve, i, run) => curve.u[i] * run.batch },
    time: { title: "time", text: (value) => duration(value), of: (curve, i) => curve.t[i] },
  };

  /** Seconds in a unit with round ticks. */
  function timeAxis(axis, series) {
    const most = Math.max(0, ...series.flatMap((one) => one.points.map((point) => point[0]).filter(isNumber)));
    const [unit, name] = most > 3 * 86400 ? [86400, "days"] : most > 3 * 3600 ? [3600, "hours"] : most > 180 ? [60, "minutes"] : [1, "seconds"];
    for (const one of series) one.points = one.points.map(([x, y]) => [isNumber(x) ? x / unit : x, y]);
    axis.title = name;
    axis.text = (value) => String(Number(value.toPrecision(4)));
  }

  function seriesOf(kind, axis, pick) {
    const series = [];
    data.runs.forEach((run, place) => {
      const curve = run[kind];
      if (!curve) return;
      const values = pick(curve);
      if (!values) return;
      series.push({ run: place, points: values.map((value, i) => [axes[axis].of(curve, i, run), value]) });
    });
    return series;
  }

  function xAxis(state, series) {
    const axis = { title: axes[state.axis].title, text: axes[state.axis].text };
    if (state.axis === "time") timeAxis(axis, series);
    return axis;
  }

  const redraw = () => { for (const listener of listeners) listener(); };

  function trainingChart(parent, state) {
    const kinds = [["loss", "Training loss"], ["rate", "Learning rate"], ["speed", "Examples a second"]];
    const own = { kind: 0, scale: "log" };
    const controls = element("div", { className: "controls" },
      chooser("Show", kinds.map((kind) => kind[1]), (chosen) => { own.kind = chosen; redraw(); }),
      segments("Scale", [["linear", "linear"], ["log", "log"]], own.scale, (scale) => { own.scale = scale; redraw(); }));
    return new Chart(parent, controls, () => {
      const series = seriesOf("train", state.axis, (curve) => curve[kinds[own.kind][0]]);
      const logarithmic = own.scale === "log";
      return { title: kinds[own.kind][1] + (logarithmic ? ", logarithmic" : ""), series, x: xAxis(state, series),
        y: { logarithmic, text: (value) => figure(value, false) }, markers: false,
        empty: "No run shown has such values yet." };
    });
  }

  const zeros = (series) => series.some((one) => shown[one.run] && one.points.some((point) => point[1] === 0));

  /** Percentages on a logarithmic scale are what is missing to 100, so that the last percents are seen. */
  function evaluationChart(parent, state) {
    const controls = element("div", { className: "controls" });
    if (data.sets.length > 1) controls.append(chooser("Test set", data.sets, (chosen) => { state.set = chosen; redraw(); }));
    controls.append(chooser("Show", data.figures.map((one) => one.name), (chosen) => { state.figure = chosen; redraw(); }),
      segments("Scale", [["linear", "linear"], ["log", "log"]], "linear", (scale) => { state.scale = scale; redraw(); }));
    return new Chart(parent, controls, () => {
      const { name, percent } = data.figures[state.figure];
      const logarithmic = state.scale === "log";
      const inverted = logarithmic && percent;
      const set = data.sets[state.set];
      const series = seriesOf("eval", state.axis, (curve) => {
        const values = curve.sets[state.set] && curve.sets[state.set][state.figure];
        return values && values.map((value) => (inverted && isNumber(value) ? Number((100 - value).toPrecision(6)) : value));
      });
      const upper = name[0].toUpperCase() + name.slice(1);
      const title = inverted ? `100% − ${name} on ${set}, in %, logarithmic${zeros(series) ? ", 0 at the lower edge" : ""}` : `${upper} on ${set}${percent ? ", in %" : ""}${logarithmic ? ", logarithmic" : ""}`;
      return { title, series, x: xAxis(state, series), markers: true, empty: "No run shown has such an evaluation yet.",
        y: { logarithmic, percent: percent && !logarithmic,
          text: (value, exact) => (exact || logarithmic ? figure(value, percent && !logarithmic) : short(value)) } };
    });
  }

  function toleranceChart(parent, state) {
    const tolerances = data.figures.map((one, place) => ({ place, tolerance: one.tolerance })).filter((one) => one.tolerance > 0);
    if (tolerances.length < 2) return null;
    tolerances.sort((one, other) => one.tolerance - other.tolerance);
    return new Chart(parent, "", () => {
      const series = [];
      data.runs.forEach((run, place) => {
        const values = run.eval && run.eval.sets[state.set];
        if (!values) return;
        series.push({ run: place, points: tolerances.map((one) => [100 * one.tolerance, values[one.place][values[one.place].length - 1]]) });
      });
      return { title: `Accuracy by tolerance on ${data.sets[state.set]}, last evaluation, in %`, series, markers: true,
        x: { title: "tolerance, % (logarithmic)", logarithmic: true, ticks: tolerances.map((one) => 100 * one.tolerance), text: (value) => `${Number(value.toPrecision(3))}%` },
        y: { percent: true, text: (value, exact) => (exact ? figure(value, true) : short(value)) } };
    });
  }

  function addCharts() {
    const place = document.getElementById("charts");
    if (!place) return;
    const state = { axis: "update", set: 0, figure: 0, scale: "linear" };
    const pair = element("div", { className: "pair" });
    place.append(element("div", { className: "controls" },
      segments("Horizontal axis", [["update", "updates"], ["example", "examples"], ["time", "time"]], state.axis,
        (axis) => { state.axis = axis; redraw(); })), pair);
    trainingChart(pair, state);
    if (data.sets.length === 0) return;
    evaluationChart(pair, state);
    toleranceChart(pair, state);
  }

  // ---- The theme

  function addTheme() {
    const stored = () => {
      try { return localStorage.getItem("matseq-theme") || "auto"; } catch { return "auto"; }
    };
    const apply = (theme) => {
      if (theme === "auto") delete root.dataset.theme;
      else root.dataset.theme = theme;
      try { localStorage.setItem("matseq-theme", theme); } catch { /* a page opened where nothing may be stored */ }
    };
    const asked = new URLSearchParams(location.search).get("theme"); // report.html?theme=dark
    const theme = ["light", "dark"].includes(asked) ? asked : stored();
    if (theme !== "auto") root.dataset.theme = theme;
    document.getElementById("theme").append(element("div", { className: "controls" },
      segments("Theme", [["auto", "auto"], ["light", "light"], ["dark", "dark"]], theme, apply)));
  }

  function start() {
    addTheme();
    addKeys();
    addSwitches();
    for (const table of document.querySelectorAll("main table")) makeSortable(table);
    for (const container of document.querySelectorAll(".choices")) makeChoices(container);
    addCharts();
  }

  addEventListener("error", (event) => { root.dataset.error = event.message; });
  try {
    start();
    root.dataset.ready = "true";
  } catch (error) {
    root.dataset.error = String(error);
    throw error;
  }
})();
