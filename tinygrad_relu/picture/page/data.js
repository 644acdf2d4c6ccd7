// What the page is about, as `data.py` wrote it.

export const DATA = JSON.parse(document.getElementById("flow").textContent);
