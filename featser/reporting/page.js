// Sorts rankings by their headings and filters all rankings by a word. Everything on the page is there without it.
(() => {
  const number = (text) => {
    const found = text.replace(/,/g, "").match(/-?\d+(\.\d+)?/);
    return found ? parseFloat(found[0]) : null;
  };
  const compare = (one, other) => {
    const [a, b] = [number(one), number(other)];
    if (a !== null && b !== null) return a - b;
    return one.localeCompare(other);
  };
  const sort = (table, at, button) => {
    const body = table.tBodies[0];
    const heading = button.closest("th");
    const rising = heading.getAttribute("aria-sort") === "descending";
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const text = (row) => row.cells[at].textContent.trim();
    const rows = [...body.rows].sort((one, other) => compare(text(one), text(other)));
    body.append(...(rising ? rows : rows.reverse()));
  };
  for (const table of document.querySelectorAll("table.ranking")) {
    [...table.tHead.rows[0].cells].forEach((heading, at) => {
      if (heading.classList.contains("drawn")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent.trim();
      heading.replaceChildren(button);
      button.addEventListener("click", () => sort(table, at, button));
    });
  }
  const place = document.getElementById("glance");
  const rows = [...document.querySelectorAll("table.ranking tbody tr")];
  if (!place || rows.length < 2) return;
  const label = document.createElement("label");
  label.className = "filter";
  label.append("Show in rankings only rows with ");
  const input = document.createElement("input");
  input.type = "search";
  label.append(input);
  place.after(label);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
})();
