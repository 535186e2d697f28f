// The structure that every page must have; returns each fault as a sentence.
export const structure = (page) =>
  page.evaluate(() => {
    const faults = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    if (all("h1").length !== 1) faults.push(`${all("h1").length} h1`);
    if (all("main").length !== 1) faults.push("not one main");
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) faults.push(`scrolls sideways by ${wide}px`);
    const levels = all("h1,h2,h3,h4").map((heading) => Number(heading.tagName[1]));
    levels.forEach((level, at) => at && level > levels[at - 1] + 1 && faults.push(`a heading skips to h${level}`));
    const ids = all("[id]").map((it) => it.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => faults.push(`two elements are #${id}`));
    all("[aria-describedby],[aria-labelledby]").forEach((it) => {
      for (const id of `${it.getAttribute("aria-describedby") ?? ""} ${it.getAttribute("aria-labelledby") ?? ""}`.split(/\s+/)) {
        if (id && !document.getElementById(id)) faults.push(`#${id} describes something and is not there`);
      }
    });
    if (document.querySelector(".summary [href^='#']") && !document.title.startsWith("Error: ")) {
      faults.push(`a page with faults is called "${document.title}"`);
    }
    all("[tabindex]").forEach((it) => it.tabIndex > 0 && faults.push(`tabindex ${it.tabIndex} changes the order`));
    all("button").forEach((it) => it.textContent.trim() || faults.push("a button without text"));
    // links of the same name in the same region must have the same target; in a table, the row distinguishes them
    for (const part of all("nav, main")) {
      const leads = new Map();
      for (const link of part.querySelectorAll("a[href]")) {
        if (link.closest("tr")) continue;
        const name = (link.getAttribute("aria-label") ?? link.textContent).replace(/\s+/g, " ").trim();
        if (leads.has(name) && leads.get(name) !== link.href) faults.push(`two links are called "${name}"`);
        leads.set(name, link.href);
      }
    }
    return faults;
  });

// Checks that no text is cut off with the text spacing of WCAG 1.4.12.
export const spacing = (page) =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }",
    );
    document.adoptedStyleSheets.push(sheet);
    const reachesOut = (frame) => {
      const { left, right } = frame.getBoundingClientRect();
      return [...frame.querySelectorAll(":not(.vh, .vh *)")].some((it) => {
        // what scrolls inside the frame is not cut off
        for (let above = it.parentElement; above !== frame; above = above.parentElement) {
          if (["auto", "scroll"].includes(getComputedStyle(above).overflowX)) return false;
        }
        const box = it.getBoundingClientRect();
        return box.width > 0 && (box.right > right + 1 || box.left < left - 1);
      });
    };
    const cut = [...document.querySelectorAll("main *")].filter((it) => {
      const style = getComputedStyle(it);
      const isSmall = it.clientWidth <= 2 || it.clientHeight <= 2; // for screen readers alone
      if (isSmall) return false;
      if (style.overflowX === "clip") return reachesOut(it);
      const hides = style.overflowX === "hidden" || style.overflowY === "hidden";
      return hides && (it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1);
    });
    document.adoptedStyleSheets.pop();
    return cut.map((it) => `with wide text spacing <${it.localName} class="${it.className}"> cuts off "${it.textContent.trim().slice(0, 40)}"`);
  });

// Checks that the visual order is the order of the document: the first of two neighbours is above, or to the left.
export const order = (page) =>
  page.evaluate(() => {
    const isBefore = (later, earlier) => {
      const isAbove = later.bottom <= earlier.top + 1 && later.left < earlier.right - 1; // not the top of the next column
      const isBeside = later.top < earlier.bottom - 1 && later.bottom > earlier.top + 1;
      return isAbove || (isBeside && later.right <= earlier.left + 1);
    };
    const isSeen = (it) => {
      const { width, height } = it.getBoundingClientRect();
      return width > 2 && height > 2 && !["absolute", "fixed"].includes(getComputedStyle(it).position);
    };
    const words = (it) => it.textContent.replace(/\s+/g, " ").trim().slice(0, 40);
    const faults = [];
    for (const parent of document.querySelectorAll("header, header *, main, main *")) {
      if (parent.closest("svg")) continue;
      const children = [...parent.children].filter(isSeen);
      children.slice(1).forEach((later, at) => {
        const [before, after] = [children[at], later].map((it) => it.getBoundingClientRect());
        if (isBefore(after, before)) faults.push(`"${words(later)}" stands before "${words(children[at])}"`);
      });
    }
    return faults;
  });
