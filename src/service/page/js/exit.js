// Leaving at once: for somebody who must not be seen with this page.

import { announce, byId } from "./dom.js";
import { t } from "./language.js";

const PRESSES = 3;
const WITHIN = 5000; // ms

/** Leave on the button, and on Shift or Escape pressed three times; `forget` empties the page. */
export function offerExit(forget) {
  const leave = () => {
    forget();
    document.title = "";
    document.body.replaceChildren(); // nothing to see while the other page loads
    location.replace(document.body.dataset.exit); // the way back does not lead here
  };
  byId("exit").addEventListener("click", leave);
  let key = "";
  let presses = 0;
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.repeat) return;
    const counts = event.key === "Shift" || event.key === "Escape";
    const now = Date.now();
    presses = counts && event.key === key && now - last < WITHIN ? presses + 1 : Number(counts);
    [key, last] = [event.key, now];
    if (presses >= PRESSES) leave();
    else if (presses === PRESSES - 1) announce(t("exit_once_more"));
  });
}
