// Fills web/static/vendor/: packages copied as they are, htmx with its streams, and the rules editor bundled.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const into = "web/static/vendor";
const copied = {
  "pico.classless.min.css": "@picocss/pico/css/pico.classless.min.css",
};
const licence =
  "/*! With CodeMirror, Lezer, style-mod, w3c-keyname and crelt, (c) Marijn Haverbeke and others, MIT licence. */";

await mkdir(into, { recursive: true });
// In one file: htmx reads the page as soon as it runs, and a page's stream begins only if its extension is there by then.
const htmx = await Promise.all(["htmx", "ext/hx-sse"].map((name) => readFile(`node_modules/htmx.org/dist/${name}.min.js`, "utf8")));
await writeFile(`${into}/htmx.min.js`, htmx.map((script) => script.replace(/\n\/\/# sourceMappingURL=.*/, "")).join("\n"));
for (const [name, from] of Object.entries(copied)) await copyFile(`node_modules/${from}`, `${into}/${name}`);
await build({
  entryPoints: ["web/editor/main.js"],
  outfile: `${into}/rules-editor.js`,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  banner: { js: licence },
  logLevel: "warning",
});
