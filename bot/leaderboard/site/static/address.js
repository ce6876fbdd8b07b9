// Puts the address of the site into the lines to copy. From a disk there is none that others could use: the page says what to put.
"use strict";

(() => {
  if (!location.protocol.startsWith("http")) return;
  const site = new URL("..", location.href).href.replace(/\/$/, "");
  for (const lines of document.querySelectorAll("[data-address]")) lines.textContent = lines.textContent.replaceAll("https://SITE", site);
  document.getElementById("put-address").hidden = true;
})();
