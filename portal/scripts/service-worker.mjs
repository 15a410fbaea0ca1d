// A step of the build: writes sw.js with the list of files that the portal needs to open without a network.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

const template = new URL("../src/offline/worker.js", import.meta.url);
const publicFolder = new URL("../public/", import.meta.url);

/** Everything of the bundle and of `public`, by the path under which it is served. */
export function serviceWorker() {
  return {
    name: "lares-service-worker",
    apply: "build",
    generateBundle(_options, bundle) {
      const built = Object.keys(bundle).filter((file) => file.startsWith("assets/") && !file.endsWith(".map"));
      const files = ["index.html", ...readdirSync(publicFolder), ...built].map((file) => `/${file}`).toSorted();
      const source = readFileSync(template, "utf8");
      const hash = createHash("sha256").update(source);
      for (const file of files) hash.update(file);
      // What is not hashed by its name counts by its content.
      hash.update(readFileSync(new URL("../index.html", import.meta.url)));
      for (const file of readdirSync(publicFolder)) hash.update(readFileSync(new URL(file, publicFolder)));
      const version = hash.digest("hex").slice(0, 12);
      const filled = source.replace('"__VERSION__"', JSON.stringify(version)).replace("__FILES__", JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "sw.js", source: filled });
    },
  };
}
