/** With what a run was made: every setting, the data, the network, the machine. */
import { button, fill, h } from "./dom.js";
import { count } from "./format.js";
import { settings } from "./settings.js";

/** ConfigSection is the section. */
export class ConfigSection {
  static id = "config";
  static title = "Configuration";

  /** @param {import("./run-view.js").RunView} page */
  constructor(page) {
    this.page = page;
  }

  /** state never changes: a run's settings are those it began with. */
  state(d) {
    return d.run.id + Boolean(d.config);
  }

  /** draw shows all, and a field to find one. */
  draw(body, tools, d) {
    const find = h("input", { type: "search", placeholder: "Find a setting", "aria-label": "Find a setting", on: { input: () => show() } });
    const out = h("div");
    const copy = button("Copy", async () => {
      try {
        await navigator.clipboard.writeText(JSON.stringify(d.config, null, 2));
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Not allowed";
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    }, { class: "plain", title: "Copy the settings as JSON" });
    const show = () => fill(out, settings(facts(d), find.value));
    fill(tools, find, copy);
    fill(body, out);
    show();
  }
}

/** facts are groups of names and values. */
function facts(d) {
  const { data = {}, machine = {}, engine = {}, model = {} } = d;
  return [
    ["Settings", Object.entries(d.config ?? {})],
    ["Data", [["name", data.name], ["training samples", count(data.train)], ["held out", count(data.validation)], ["test samples", count(data.test)], ["classes", count(data.classes?.length)], ["shape", (data.shape ?? []).join(" × ")]]],
    ["Network", [["name", model.name], ["parameters", count(model.params)], ["multiply-adds a sample", count(model.macs)]]],
    ["Engine", [["name", engine.name], ["version", engine.version], ["threads", engine.threads], ["chosen because", engine.why]]],
    ["Machine", [...Object.entries(machine), ["lgl", d.revision], ["started", d.run.started]]],
  ];
}
