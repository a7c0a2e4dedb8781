"use strict";
// Adds keys to the page, and lights up the chain of causes of the chosen event.
const events = [...document.querySelectorAll(".event")];
const places = (event, what) => event.dataset[what].split(" ").filter(Boolean).map(Number);
let chosen = -1;

// All events that led to this one, or that it led to.
function chain(start, what) {
  const seen = new Set();
  for (let next = [start]; next.length; ) {
    const at = next.pop();
    if (seen.has(at)) continue;
    seen.add(at);
    next.push(...places(events[at], what));
  }
  return seen;
}

function choose(at, scroll) {
  for (const event of document.querySelectorAll(".lit, .chosen")) {
    event.classList.remove("lit", "chosen");
    event.removeAttribute("aria-current");
  }
  chosen = at;
  document.body.classList.toggle("choosing", at >= 0);
  if (at < 0) return;
  for (const lit of [...chain(at, "from"), ...chain(at, "to")]) events[lit].classList.add("lit");
  const event = events[at];
  event.classList.add("chosen");
  event.setAttribute("aria-current", "true");
  event.closest("details").open = true;
  event.focus({ preventScroll: true });
  // Of a long event, the beginning counts.
  const block = event.offsetHeight > innerHeight / 2 ? "start" : "center";
  if (scroll) event.scrollIntoView({ block });
  const line = event.querySelector(".more a[href^='#s']");
  if (line) document.getElementById(line.hash.slice(1)).classList.add("lit");
}

function follow(hash) {
  const target = document.getElementById(hash.slice(1));
  if (!target) return;
  const at = events.indexOf(target);
  if (at >= 0) return choose(at, true);
  const folded = target.closest("details");
  if (folded) folded.open = true;
  target.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (click) => {
  const link = click.target.closest("a[href^='#']");
  if (link) {
    click.preventDefault();
    history.replaceState(null, "", link.hash);
    return follow(link.hash);
  }
  const event = click.target.closest(".event");
  if (event && !click.target.closest(".more")) choose(events.indexOf(event), false);
});

document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.altKey || key.metaKey || !events.length) return;
  const to = (at) => { key.preventDefault(); choose(at, true); };
  const one = (what) => { const all = chosen < 0 ? [] : places(events[chosen], what); if (all.length) to(all[0]); };
  if (key.key === "j" || (key.key === "ArrowDown" && chosen >= 0)) to(Math.min(chosen + 1, events.length - 1));
  else if (key.key === "k" || (key.key === "ArrowUp" && chosen >= 0)) to(Math.max(chosen - 1, 0));
  else if (key.key === "c") one("from");
  else if (key.key === "e") one("to");
  else if (key.key === "Escape") choose(-1, false);
});

addEventListener("hashchange", () => follow(location.hash));
document.documentElement.classList.add("scripted");
follow(location.hash);
