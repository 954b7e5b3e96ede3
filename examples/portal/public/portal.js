// What a page does with the elements: it shows what fits, and listens.
const who = document.getElementById("who");
const log = document.getElementById("log");

function show(user) {
  document.body.dataset.session = user ? "in" : "out";
  who.textContent = user ? user.name : "";
}

for (const name of [
  "portico:signed-in",
  "portico:signed-out",
  "portico:organization-changed",
  "portico:member-invited",
  "portico:directory-connected",
]) {
  document.addEventListener(name, ({ detail }) => {
    log.append(Object.assign(document.createElement("li"), { textContent: name }));
    if (name === "portico:signed-in") show(detail.user);
    if (name === "portico:signed-out") show(null);
  });
}

// The script of the elements stands before this one, so that it has run.
await window.Portico.ready;
show(window.Portico.user);
