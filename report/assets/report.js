// Draws the charts of the page from the JSON in #data, and keeps the tool bar.
"use strict";
(() => {
  const { methods, charts } = JSON.parse(document.getElementById("data").textContent);
  if (!methods) return;
  const hidden = new Set();
  // Epochs of methods differ in their samples, so over epochs the one of shorter ones would seem to train longer.
  let axis = methods.length > 1 ? "samples" : "epoch";
  let staged = methods.findIndex((m) => m.spans.length > 1); // whose stages are marked
  let drawn = []; // {plot, box}
  let hovered = null;

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const faded = (color, share) => color + Math.round(255 * share).toString(16).padStart(2, "0");

  // forward is a curve without the points that stand before an earlier one: along the samples the mean place
  // of the runs that go on may lie behind that of all, once some have ended.
  function forward(curve) {
    let last = 0;
    const kept = [];
    curve[axis].forEach((at, i) => { if (at >= last) { last = at; kept.push(i); } });
    return Object.fromEntries(Object.entries(curve).map(([key, values]) => [key, kept.map((i) => values[i])]));
  }

  // lineOf makes uPlot's arrays of a curve. A point measured before a stage's first step shares its
  // x with the end of the stage before, so it is moved a hair; point maps x back to the curve.
  function lineOf(curve) {
    const hair = 1e-6 * (curve[axis][curve[axis].length - 1] || 1);
    const x = curve[axis].map((at, i) => at + (curve.start[i] ? hair : 0));
    return { x, y: curve.mean, point: new Map(x.map((at, i) => [at, i])) };
  }

  // parts cuts a curve into spans [from, to) that may be joined: its stages if gaps, else all of it.
  function parts(curve, gaps) {
    const cuts = [0];
    for (let i = 1; gaps && i < curve.mean.length; i++) if (curve.stage[i] !== curve.stage[i - 1]) cuts.push(i);
    return cuts.map((from, k) => [from, cuts[k + 1] ?? curve.mean.length]);
  }

  // nearest returns the index of the value of ys nearest to x, null if it is too far to be meant.
  function nearest(plot, ys, x) {
    const xs = plot.data[0];
    let best = null, count = 0, first = 0, last = 0;
    for (let i = 0; i < xs.length; i++) {
      if (ys[i] == null) continue;
      if (count++ === 0) first = xs[i];
      last = xs[i];
      if (best === null || Math.abs(xs[i] - x) <= Math.abs(xs[best] - x)) best = i;
    }
    const { min, max } = plot.scales.x;
    const reach = Math.max(count > 1 ? (last - first) / (count - 1) : 0, 0.02 * (max - min));
    return best !== null && Math.abs(xs[best] - x) <= reach ? best : null;
  }

  // drawStages marks the stages of a method, in its colour where others have stages too.
  function drawStages(plot, method) {
    const { ctx, bbox } = plot, ratio = devicePixelRatio || 1;
    const ink = css(methods.some((m) => m !== method && m.spans.length > 1) ? method.look.color : "muted");
    ctx.save();
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textBaseline = "top";
    method.spans.forEach((span, i) => {
      const clip = (v) => Math.min(Math.max(plot.valToPos(v, "x", true), bbox.left), bbox.left + bbox.width);
      const left = clip(span[axis][0]), right = clip(span[axis][1]);
      if (right <= left) return;
      if (i % 2) {
        ctx.fillStyle = css("raised");
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
      }
      ctx.fillStyle = ink;
      if (i > 0) ctx.fillRect(left, bbox.top - 16 * ratio, ratio, bbox.height + 16 * ratio);
      const texts = [`stage ${span.stage} · ${span.classes} classes`, `stage ${span.stage}`, `${span.stage}`];
      const from = left + (i > 0 ? 5 : 0) * ratio;
      const text = texts.find((t) => from + ctx.measureText(t).width + 2 * ratio < right);
      if (text) ctx.fillText(text, from, bbox.top - 15 * ratio);
    });
    ctx.restore();
  }

  // drawBand fills lowest to highest of a curve.
  function drawBand(plot, curve, gaps, color) {
    const { ctx, bbox } = plot;
    const to = (i, y) => ctx.lineTo(plot.valToPos(curve[axis][i], "x", true), plot.valToPos(y[i], "y", true));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = faded(color, 0.16);
    for (const [from, end] of parts(curve, gaps)) {
      ctx.beginPath();
      for (let i = from; i < end; i++) to(i, curve.high);
      for (let i = end - 1; i >= from; i--) to(i, curve.low);
      ctx.fill();
    }
    ctx.restore();
  }

  // pathOf draws the mean of a curve, broken between its parts; uPlot itself would join points
  // that fall on one pixel.
  function pathOf(plot, curve, gaps) {
    const stroke = new Path2D();
    for (const [from, end] of parts(curve, gaps)) {
      for (let i = from; i < end; i++) {
        const x = plot.valToPos(curve[axis][i], "x", true), y = plot.valToPos(curve.mean[i], "y", true);
        if (i === from) stroke.moveTo(x, y);
        else stroke.lineTo(x, y);
        if (end - from === 1) stroke.arc(x, y, devicePixelRatio, 0, 2 * Math.PI); // of which there is no line
      }
    }
    return { stroke, fill: null, clip: null, band: null, gaps: null, flags: 1 };
  }

  const steps = [...Array(12).keys()].flatMap((e) => [1, 2, 5].map((d) => d * 10 ** e)); // whole epochs and samples
  const units = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const whole = (v) => v.toLocaleString("en");

  // counts writes the samples at the marks of an axis, all in the unit of the last.
  function counts(marks) {
    const [unit, name] = units.find(([unit]) => marks.at(-1) >= unit) ?? [1, ""];
    return marks.map((v) => (v && name ? Number((v / unit).toPrecision(9)) + "\u202f" + name : whole(v)));
  }

  // amounts writes the values at the marks of an axis: in full, or, where these are long, in a unit or as a power of ten.
  function amounts(marks) {
    const most = marks.at(-1);
    if (most >= 1e15) return marks.map((v) => (v ? Number(v.toPrecision(9)).toExponential().replace("+", "") : "0"));
    return most >= 1e4 ? counts(marks) : marks.map(whole);
  }

  // widthOf is what an axis of values takes: that of its longest mark, or as much as that of shorter ones, so that charts align.
  function widthOf(u, marks) {
    u.ctx.save();
    u.ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    const longest = Math.max(0, ...(marks ?? []).map((text) => u.ctx.measureText(text).width / devicePixelRatio));
    u.ctx.restore();
    return Math.max(44, Math.ceil(longest) + 10);
  }

  const number = (chart, v) => v.toFixed(chart.unit === "%" ? 2 : 3);

  function cell(row, tag, text) {
    const el = document.createElement(tag);
    el.textContent = text;
    row.append(el);
    return el;
  }

  // showTip lists the values at the cursor beside it, the largest first.
  function showTip(plot, tip, chart, shown) {
    const { left, top, idxs } = plot.cursor;
    const rows = shown.map((s, k) => ({ s, at: idxs[k + 1] })).filter((r) => r.at != null && r.at >= 0);
    tip.hidden = plot !== hovered || left < 0 || rows.length === 0;
    if (tip.hidden) return;
    const x = plot.posToVal(left, "x");
    const table = document.createElement("table");
    const values = rows.map(({ s, at }) => ({ s, i: s.line.point.get(plot.data[0][at]) })).filter((r) => r.i !== undefined);
    values.sort((a, b) => b.s.curve.mean[b.i] - a.s.curve.mean[a.i]);
    for (const { s, i } of values) {
      const c = s.curve, row = table.insertRow();
      const name = cell(row, "th", s.method.label + (c.start[i] ? ", start of stage " + c.stage[i] : ""));
      const swatch = document.querySelector(`[data-method="${s.index}"] svg`);
      if (swatch) name.prepend(swatch.cloneNode(true));
      cell(row, "td", number(chart, c.mean[i]));
      cell(row, "td", c.n[i] > 1 ? `${number(chart, c.low[i])} to ${number(chart, c.high[i])}` : "");
      if (c.n[i] < s.method.runs) cell(row, "td", `${c.n[i]} of ${s.method.runs} seeds`);
    }
    const head = document.createElement("div");
    head.textContent = axis === "epoch" ? `epoch ${whole(Math.round(x))}` : `about ${whole(Number(x.toPrecision(3)))} samples`;
    tip.replaceChildren(head, table);
    const width = plot.over.clientWidth, space = 14;
    tip.style.left = "0px";
    const right = left + space + tip.offsetWidth <= width;
    const from = right ? left + space : Math.max(left - space - tip.offsetWidth, -plot.over.offsetLeft);
    tip.style.left = from + plot.over.offsetLeft + "px";
    tip.style.top = Math.min(top + space, Math.max(0, plot.over.clientHeight - tip.offsetHeight)) + "px";
  }

  // padded gives the means that are in view, which uPlot measures, and their bands room.
  const padded = (chart, shown) => (u, min, max) => {
    if (min == null) return [0, 1];
    const { min: from, max: to } = u.series[0];
    for (const { curve } of shown) {
      curve[axis].forEach((at, i) => {
        if (at < from || at > to) return;
        min = Math.min(min, curve.low[i]);
        max = Math.max(max, curve.high[i]);
      });
    }
    const room = (max - min || Math.abs(max) || 1) * 0.06;
    return [Math.max(0, min - room), chart.unit === "%" ? Math.min(100, max + room) : max + room];
  };

  function drawChart(chart, box) {
    const shown = chart.curves
      .map((curve, index) => ({ curve, index, method: methods[index] }))
      .filter((s) => s.curve.mean && !hidden.has(s.index));
    box.replaceChildren();
    if (shown.length === 0) {
      const note = cell(box, "div", hidden.size ? "No method is shown." : "No values yet.");
      note.className = "empty";
      return null;
    }
    for (const s of shown) {
      s.curve = forward(s.curve);
      s.line = lineOf(s.curve);
      s.color = css(s.method.look.color);
    }
    const joined = uPlot.join(shown.map((s) => [s.line.x, s.line.y])); // may hold the curves' own arrays
    const data = joined[0][0] > 0 ? joined.map((column, k) => [k ? undefined : 0, ...column]) : joined;
    const muted = { stroke: css("muted"), font: "11px system-ui, sans-serif", ticks: { show: false }, grid: { stroke: css("rule"), width: 1 } };
    const unit = axis === "epoch" ? "epochs" : "samples seen";
    const marked = !chart.aligned && staged >= 0;
    const dotted = Math.max(...shown.map((s) => s.line.x.length)) <= 15;
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    const plot = new uPlot({
      width: box.clientWidth, height: 260,
      legend: { show: false },
      padding: [marked ? 20 : 8, 16, 0, 0],
      scales: {
        x: { time: false, range: (u, min, max) => (max > min ? [min, max] : [min, min + 1]) },
        y: { range: padded(chart, shown) },
      },
      axes: [
        { ...muted, size: 26, gap: 4, grid: { show: false }, label: chart.aligned ? unit + " since then" : unit, labelSize: 14, labelGap: -2, labelFont: muted.font, incrs: steps, values: (u, marks) => (axis === "epoch" ? marks.map(whole) : counts(marks)) },
        { ...muted, size: widthOf, values: (u, marks) => amounts(marks) },
      ],
      series: [{}, ...shown.map((s) => ({
        stroke: s.color, width: 1.75, dash: s.method.look.dash.map((d) => d * (devicePixelRatio || 1)),
        points: { size: 5, width: 1, fill: s.color, show: dotted },
        paths: (u) => pathOf(u, s.curve, chart.gaps),
      }))],
      cursor: {
        y: false, sync: { key: chart.aligned ? "aligned" : "run", scales: ["x", null], setSeries: false },
        points: { size: 7 },
        dataIdx: (u, k, closest, x) => (k === 0 ? closest : nearest(u, u.data[k], x)),
      },
      hooks: {
        drawClear: [(u) => {
          if (marked) drawStages(u, methods[staged]);
          for (const s of shown) if (Math.max(...s.curve.n) > 1) drawBand(u, s.curve, chart.gaps, s.color);
        }],
        setCursor: [(u) => showTip(u, tip, chart, shown)],
      },
    }, data, box);
    plot.root.append(tip);
    plot.over.addEventListener("mouseenter", () => { hovered = plot; });
    plot.over.addEventListener("mouseleave", () => { hovered = null; tip.hidden = true; });
    return plot;
  }

  function draw() {
    for (const { plot } of drawn) if (plot) plot.destroy();
    drawn = charts.map((chart) => {
      const box = document.getElementById("chart-" + chart.id);
      return { box, plot: drawChart(chart, box) };
    });
  }

  const toolbar = document.getElementById("toolbar");
  toolbar.hidden = false;
  toolbar.addEventListener("submit", (event) => event.preventDefault());
  for (const button of toolbar.querySelectorAll("[data-method]")) {
    button.addEventListener("click", () => {
      const i = Number(button.dataset.method);
      if (!hidden.delete(i)) hidden.add(i);
      button.setAttribute("aria-pressed", String(!hidden.has(i)));
      draw();
    });
  }
  const axisChoice = document.getElementById("axis"), stageChoice = document.getElementById("stages");
  axisChoice.value = axis;
  stageChoice.value = String(staged);
  axisChoice.addEventListener("change", () => { axis = axisChoice.value; draw(); });
  stageChoice.addEventListener("change", () => { staged = Number(stageChoice.value); draw(); });
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
  new ResizeObserver(() => {
    for (const { plot, box } of drawn) if (plot && plot.width !== box.clientWidth) plot.setSize({ width: box.clientWidth, height: 260 });
  }).observe(document.body);
  draw();
})();
