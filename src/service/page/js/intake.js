// The ways in which a picture comes here: chosen, dropped, pasted, or by its address.

import { byId } from "./dom.js";

/** Call `ontaken` with the pictures (files, or one address) that somebody gives. */
export function takeIn(ontaken) {
  const input = byId("files");
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // the same file may be chosen again
    if (files.length > 0) ontaken(files);
  });
  takeDrops(ontaken);
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    ontaken(files);
  });
  byId("address").addEventListener("submit", (event) => {
    event.preventDefault();
    const address = byId("url").value.trim();
    if (address !== "") ontaken([address]);
  });
}

function takeDrops(ontaken) {
  const root = document.documentElement;
  let inside = 0; // elements entered and not left
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const show = (dragging) => root.classList.toggle("dragging", dragging);
  document.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) show(++inside > 0);
  });
  document.addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) show((inside = Math.max(0, inside - 1)) > 0);
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", (event) => {
    inside = 0;
    show(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    if (files.length > 0) ontaken(files);
  });
}
