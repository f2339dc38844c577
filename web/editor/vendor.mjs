// Fills web/static/vendor/: packages copied as they are, and the rules editor bundled into one file.
import { copyFile, mkdir } from "node:fs/promises";
import { build } from "esbuild";

const into = "web/static/vendor";
const copied = {
  "pico.classless.min.css": "@picocss/pico/css/pico.classless.min.css",
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
  "sse.js": "htmx.org/dist/ext/hx-sse.min.js",
};
const licence =
  "/*! With CodeMirror, Lezer, style-mod, w3c-keyname and crelt, (c) Marijn Haverbeke and others, MIT licence. */";

await mkdir(into, { recursive: true });
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
