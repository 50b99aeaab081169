"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const NS = "http://www.w3.org/2000/svg";
  const $ = (id) => document.getElementById(id);

  // Text is only ever set as text: an id with markup in it shows as it was written.
  const html = (name, props = {}, ...children) => {
    const node = Object.assign(document.createElement(name), props);
    node.append(...children);
    return node;
  };
  const svg = (name, attributes = {}, ...children) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const words = (text, x, y, more = {}) => svg("text", { x, y, ...more }, text);
  const fixed = (value, digits) => value.toFixed(digits).replace("-", "\u2212");

  const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);
  function ticks(low, high, about) {
    const raw = (high - low) / about, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
    return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  }

  // A frame with axes: where data go, as [left, top, right, bottom] of a box `width` by `height`.
  function plot(width, height, [x0, x1], [y0, y1], xlabel, ylabel, { right = 10, top = 8, yticks = 5, xticks = 5, left = 52 } = {}) {
    const box = { left, top, right: width - right, bottom: height - 40 };
    const x = scale(x0, x1, box.left, box.right), y = scale(y0, y1, box.bottom, box.top);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    const across = ticks(Math.min(x0, x1), Math.max(x0, x1), xticks), up = ticks(y0, y1, yticks);
    const drop = (at, says) => root.append(svg("line", { class: "gridline", x1: x(at), x2: x(at), y1: box.top, y2: box.bottom }),
      words(says, x(at), box.bottom + 15, { "text-anchor": "middle" }));
    if (xticks) for (const value of across.found) drop(value, fixed(value, across.digits));
    if (ylabel !== null) {
      for (const value of up.found) {
        root.append(svg("line", { class: "gridline", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
          words(fixed(value, up.digits), box.left - 6, y(value) + 4, { "text-anchor": "end" }));
      }
      root.append(words(ylabel, 0, 0, { class: "label", "text-anchor": "middle",
        transform: `translate(12 ${(box.top + box.bottom) / 2}) rotate(-90)` }));
    }
    root.append(words(xlabel, (box.left + box.right) / 2, height - 7, { class: "label", "text-anchor": "middle" }));
    root.append(svg("rect", { class: "axis", x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }));
    return { root, box, x, y, drop };
  }
  const path = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");

  // Colour of a probability in per cent, between the five of the theme.
  function colour(percent) {
    const at = Math.min(percent / 25, 3.999), i = Math.floor(at), share = Math.round((1 - (at - i)) * 100);
    return `color-mix(in oklab, var(--p${i}) ${share}%, var(--p${i + 1}))`;
  }
  function galaxy(g, i, cx, cy) {
    const inside = i < g.inside, chance = inside && g.p ? g.p[i] : -1;
    const told = chance >= 0;
    const dot = svg("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: inside ? 3.1 : 2.3,
      class: told ? "chance" : inside ? "in" : "out" });
    if (told) dot.style.fill = colour(chance);
    const name = g.id ? `${g.id[i]}: ` : "";
    const says = told ? `, p(member) = ${(chance / 100).toFixed(2)}` : inside ? "" : ", outside";
    dot.append(svg("title", {}, `${name}R = ${fixed(g.r[i], 2)} Mpc, v = ${fixed(g.v[i], 0)} km/s${says}`));
    return dot;
  }
  // Those least likely to be members below, so that members are not hidden.
  function order(g) {
    const rank = (i) => (i >= g.inside ? -2 : g.p ? g.p[i] : 0);
    return g.r.map((_, i) => i).sort((a, b) => rank(a) - rank(b));
  }

  function phaseSpace(panel) {
    const g = panel.galaxies, [rmax, vmax] = [1.25 * data.aperture, 1.25 * data.cut];
    const f = plot(430, 332, [0, rmax], [-vmax, vmax], "R projected [comoving Mpc]", "v line of sight [km/s]", { right: 66, left: 58, yticks: 7 });
    const edge = f.x(data.aperture), up = f.y(data.cut), down = f.y(-data.cut);
    const v = g.v.slice(0, g.inside), n = v.length;
    if (n > 1) {
      const mean = v.reduce((a, b) => a + b, 0) / n;
      const sigma = Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1));
      for (const s of [-1, 0, 1]) {
        f.root.append(svg("line", { class: "guide", x1: f.box.left, x2: edge, y1: f.y(mean + s * sigma), y2: f.y(mean + s * sigma) }));
      }
      velocities(f, v, mean, sigma);
    }
    if (panel.r200 && panel.r200 < rmax) {
      f.root.append(svg("line", { class: "radius", x1: f.x(panel.r200), x2: f.x(panel.r200), y1: f.box.top, y2: f.box.bottom }),
        words("R\u2082\u2080\u2080c", f.x(panel.r200) + 4, f.box.top + 12, { class: "radius-label" }));
    }
    for (const i of order(g)) f.root.append(galaxy(g, i, f.x(g.r[i]), f.y(g.v[i])));
    f.root.append(svg("path", { class: "frame", d: `M${f.box.left} ${up}H${edge}V${down}H${f.box.left}` }));
    f.root.setAttribute("aria-label", `Phase space: ${n} galaxies in the cylinder`);
    return framed("Phase space", f.root, g.p ? chances() : "");
  }
  // The velocities as a histogram beside the phase space, with the Gaussian of their dispersion.
  function velocities(f, v, mean, sigma) {
    const bins = 22, width = (2 * data.cut) / bins, counts = new Array(bins).fill(0);
    for (const value of v) counts[Math.min(bins - 1, Math.max(0, Math.floor((value + data.cut) / width)))]++;
    const peak = Math.max(...counts, (v.length * width) / (sigma * Math.sqrt(2 * Math.PI)));
    const long = scale(0, peak, f.box.right + 4, f.box.right + 62);
    counts.forEach((count, i) => {
      const top = f.y(-data.cut + (i + 1) * width), bottom = f.y(-data.cut + i * width);
      f.root.append(svg("rect", { class: "bar", x: f.box.right + 4, y: top + 0.5, width: long(count) - f.box.right - 4, height: bottom - top - 1 }));
    });
    const points = [];
    for (let value = -data.cut; value <= data.cut; value += data.cut / 60) {
      const height = ((v.length * width) / (sigma * Math.sqrt(2 * Math.PI))) * Math.exp(-0.5 * ((value - mean) / sigma) ** 2);
      points.push([long(height), f.y(value)]);
    }
    f.root.append(svg("path", { class: "gauss", d: path(points) }));
  }
  const chances = () => html("span", { className: "key" }, "p(member) 0 ", html("i", { className: "ramp" }), " 1");
  const line = (kind, says) => {
    const sample = svg("svg", { viewBox: "0 0 22 8", class: "sample" }, svg("path", { class: kind, d: "M1 4H21" }));
    return html("span", {}, sample, says);
  };

  function sky(panel) {
    const g = panel.galaxies, s = g.sky, radius = data.aperture * s.arcmin, reach = 1.25 * radius;
    const f = plot(330, 332, [reach, -reach], [-reach, reach], s.centre ? `east of ${fixed(s.centre[0], 4)}\u00b0 [arcmin]` : "east of the middle [arcmin]",
      s.centre ? `north of ${fixed(s.centre[1], 4)}\u00b0 [arcmin]` : "north of the middle [arcmin]", { left: 46, right: 2, xticks: 5 });
    const circle = (r, kind) => svg("ellipse", { class: kind, cx: f.x(0), cy: f.y(0), rx: Math.abs(f.x(r) - f.x(0)), ry: Math.abs(f.y(r) - f.y(0)) });
    if (panel.r200) f.root.append(circle(panel.r200 * s.arcmin, "radius"));
    for (const i of order(g)) {
      if (s.x[i] !== null && s.y[i] !== null && Math.abs(s.x[i]) <= reach && Math.abs(s.y[i]) <= reach) f.root.append(galaxy(g, i, f.x(s.x[i]), f.y(s.y[i])));
    }
    if (s.centre) {
      f.root.append(circle(radius, "frame"), svg("path", { class: "cross", d: `M${f.x(0) - 7} ${f.y(0)}h14M${f.x(0)} ${f.y(0) - 7}v14` }));
    }
    const start = f.box.left + 10, length = Math.abs(f.x(s.arcmin) - f.x(0));
    f.root.append(svg("line", { class: "frame", x1: start, x2: start + length, y1: f.box.bottom - 10, y2: f.box.bottom - 10 }),
      words("1 comoving Mpc", start, f.box.bottom - 16));
    f.root.setAttribute("aria-label", "Positions on the sky");
    return framed("On the sky", f.root, s.proposed ? html("span", { className: "key", textContent: "the centre is proposed: check it" }) : "");
  }

  function mass(panel) {
    const m = panel.mass, [point, ...ends] = m.msigma;
    const known = Boolean(m.x), x = m.x || [];
    const range = known ? [x[0], x[x.length - 1]] : [point - 0.6, point + 0.6];
    const peak = known ? 1.18 * Math.max(...m.density, ...(m.hmf || [])) : 1;
    const f = plot(330, 332, range, [0, peak], "log\u2081\u2080 M\u2082\u2080\u2080c [M\u2299]", known ? "density per dex" : null, { left: 40, right: 4, yticks: 5, xticks: 4 });
    if (known) {
      const along = (values) => path(x.map((value, i) => [f.x(value), f.y(Math.min(values[i], peak))]));
      const area = (low, high, kind) => {
        const inside = x.map((value, i) => [value, m.density[i]]).filter(([value]) => value >= low && value <= high);
        if (inside.length > 1) f.root.append(svg("path", { class: kind, d: `${path(inside.map(([a, b]) => [f.x(a), f.y(b)]))}L${f.x(inside[inside.length - 1][0])} ${f.y(0)}L${f.x(inside[0][0])} ${f.y(0)}Z` }));
      };
      area(range[0], range[1], "all");
      area(m.interval[0], m.interval[1], "most");
      if (m.prior) f.root.append(svg("path", { class: "prior", d: along(m.prior) }));
      if (m.hmf) f.root.append(svg("path", { class: "thin", d: along(m.hmf) }));
      f.root.append(svg("path", { class: "curve", d: along(m.density) }));
    }
    if (point !== null && point >= range[0] && point <= range[1]) {
      const y = f.box.top + 22, at = f.x(point);
      if (ends.length) f.root.append(svg("line", { class: "msigma", x1: f.x(Math.max(ends[0], range[0])), x2: f.x(Math.min(ends[1], range[1])), y1: y, y2: y }));
      const half = at > (f.box.left + f.box.right) / 2;
      f.root.append(svg("path", { class: "msigma", d: `M${at} ${y - 5}l5 5l-5 5l-5 -5Z` }),
        words("M\u2013\u03c3", at, y - 9, { "text-anchor": half ? "end" : "start", class: "label" }));
    }
    f.root.setAttribute("aria-label", "Density of the mass");
    const shown = known ? [line("curve", "posterior"), m.prior ? line("prior", "prior") : "", m.hmf ? line("thin", "mass function") : ""] : [];
    return framed("Mass", f.root, html("span", { className: "key" }, ...shown));
  }
  const framed = (title, drawn, key = "") => html("figure", {}, html("figcaption", {}, title, key), drawn);

  function draw(article) {
    if (article.dataset.drawn) return;
    article.dataset.drawn = "yes";
    const panel = data.panels[Number(article.dataset.row)], figures = article.querySelector(".figures");
    const g = panel.galaxies;
    const made = [phaseSpace(panel)];
    if (g.sky) made.push(sky(panel));
    if (panel.mass) made.push(mass(panel));
    if (made.length < 3) figures.classList.add("two");
    figures.append(...made);
    const flags = article.querySelector(".flags");
    for (const [remark, meaning, advice] of panel.flags) {
      flags.append(html("div", {}, html("b", { textContent: remark }), html("p", { textContent: `${meaning} ${advice}` })));
    }
    if (!panel.flags.length) flags.append(html("div", { className: "ok", textContent: "Flag ok: nothing of what is checked was found." }));
    if (g.n > g.r.length) flags.append(html("div", { className: "ok", textContent: `${g.r.length} of ${g.n} galaxies are drawn.` }));
  }

  const rows = [...document.querySelectorAll("tbody tr")];
  const articles = [...document.querySelectorAll("article")];
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) { draw(entry.target); seen.unobserve(entry.target); }
    }, { rootMargin: "900px" });
    articles.slice(0, 3).forEach(draw);
    articles.slice(3).forEach((article) => seen.observe(article));
  } else articles.slice(0, 100).forEach(draw);
  window.addEventListener("beforeprint", () => articles.slice(0, 100).forEach(draw));

  // Values to sort and to draw by are what the cells say, so that they are written once.
  const column = {};
  document.querySelectorAll("thead th").forEach((head, i) => { column[head.dataset.key] = i; });
  const text = (row, key) => row.cells[column[key]].textContent.trim();
  const number = (row, key) => {
    const cell = row.cells[column[key]], value = parseFloat((cell.querySelector("b") || cell).textContent.replace("\u2212", "-"));
    return Number.isFinite(value) ? value : null;
  };
  function compare(key, sign) {
    if (key === "name" || key === "flag") return (a, b) => sign * text(a, key).localeCompare(text(b, key), "en", { numeric: true });
    return (a, b) => {
      const [x, y] = [number(a, key), number(b, key)];
      return x === null || y === null ? (x === null) - (y === null) : sign * (x - y);
    };
  }
  document.querySelectorAll("thead th").forEach((head) => {
    head.querySelector("button").addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") === "ascending";
      document.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const sorted = [...rows].sort(compare(head.dataset.key, falls ? -1 : 1));
      document.querySelector("tbody").append(...sorted);
      const panels = new Map(articles.map((article) => [article.dataset.row, article]));
      $("panels").append(...sorted.map((row) => panels.get(row.dataset.row)).filter(Boolean));
    });
  });

  function filter() {
    const wanted = $("find").value.trim().toLowerCase(), only = $("flagged").checked;
    const panels = new Map(articles.map((article) => [article.dataset.row, article]));
    let shown = 0;
    for (const row of rows) {
      const hide = (only && !row.classList.contains("flagged")) || !`${text(row, "name")} ${text(row, "flag")}`.toLowerCase().includes(wanted);
      row.hidden = hide;
      const article = panels.get(row.dataset.row);
      if (article) article.hidden = hide;
      shown += !hide;
    }
    $("count").textContent = `${shown} of ${rows.length} shown`;
  }
  if ($("find")) { $("find").addEventListener("input", filter); $("flagged").addEventListener("change", filter); filter(); }

  function overview(place) {
    const points = rows.map((row) => ({ row, sigma: number(row, "sigma"), mass: number(row, "mass"), by: number(row, "msigma"),
      ends: [...row.querySelectorAll(".mass .pm span")].map((s) => parseFloat(s.textContent.replace("\u2212", "-"))) }))
      .filter((p) => p.sigma !== null && p.mass !== null && p.sigma > 0);
    if (points.length < 3) return;
    const logs = points.map((p) => Math.log10(p.sigma));
    const masses = points.flatMap((p) => [p.mass + (p.ends[0] || 0), p.mass + (p.ends[1] || 0)]);
    const pad = (values, by) => [Math.min(...values) - by, Math.max(...values) + by];
    const xs = pad(logs, 0.04), ys = pad(masses, 0.08);
    const f = plot(place.clientWidth < 600 ? 430 : 900, 360, xs, ys, "velocity dispersion [km/s], logarithmic", "log\u2081\u2080 M\u2082\u2080\u2080c [M\u2299]", { left: 56, right: 12, xticks: 0 });
    for (const value of ticks(10 ** xs[0], 10 ** xs[1], 6).found) f.drop(Math.log10(value), String(value));
    // M-sigma is a line: through its masses of the slowest and the fastest cluster.
    const related = points.filter((p) => p.by !== null).sort((a, b) => a.sigma - b.sigma);
    if (related.length > 1) {
      const [a, b] = [related[0], related[related.length - 1]], slope = (b.by - a.by) / Math.log10(b.sigma / a.sigma);
      if (Number.isFinite(slope)) {
        const ends = xs.map((at) => [at, a.by + slope * (at - Math.log10(a.sigma))]).map(([at, m]) => [f.x(at), f.y(m)]);
        const clip = svg("clipPath", { id: "inside" }, svg("rect", { x: f.box.left, y: f.box.top, width: f.box.right - f.box.left, height: f.box.bottom - f.box.top }));
        f.root.append(clip, svg("path", { class: "guide", d: path(ends), "clip-path": "url(#inside)" }),
          words("M\u2013\u03c3", f.box.right - 32, Math.min(f.box.bottom - 6, Math.max(f.box.top + 28, ends[1][1] + 30))));
      }
    }
    for (const p of points) {
      const [x, y] = [f.x(Math.log10(p.sigma)), f.y(p.mass)];
      if (p.ends.length && points.length <= 1500) f.root.append(svg("line", { class: "error", x1: x, x2: x, y1: f.y(p.mass + p.ends[0]), y2: f.y(p.mass + p.ends[1]) }));
    }
    for (const p of points) {
      const dot = svg("circle", { class: p.row.classList.contains("flagged") ? "dot flagged" : "dot", r: points.length > 300 ? 3 : 4.5,
        cx: f.x(Math.log10(p.sigma)), cy: f.y(p.mass) }, svg("title", {}, `${text(p.row, "name")}: ${fixed(p.mass, 2)}`));
      dot.addEventListener("click", () => { location.hash = `c${p.row.dataset.row}`; });
      f.root.append(dot);
    }
    f.root.setAttribute("aria-label", "Masses against velocity dispersions");
    place.append(framed(`${points.length} clusters: mass against velocity dispersion; open circles have a flag`, f.root));
  }
  if ($("overview")) overview($("overview"));

  const theme = $("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
})();
