import type { Plugin } from "vite";

/**
 * Names in `index.html` what `boot.ts` imports at once, so that it does not wait until that has been read. `base` is where
 * the files are, with a slash at the end.
 */
export const preloadMain = (base: string): Plugin => ({
  name: "preload-main",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((one) => one.type === "chunk");
      const main = chunks.find((one) => one.facadeModuleId?.endsWith("/src/main.tsx"));
      if (!main) throw new Error("there is no chunk of src/main.tsx");
      const wanted = new Set<string>();
      const add = (name: string) => {
        if (wanted.has(name)) return;
        wanted.add(name);
        for (const next of chunks.find((one) => one.fileName === name)?.imports ?? []) add(next);
      };
      add(main.fileName);
      return [...wanted]
        .map((name) => base + name.replace(/^assets\//, ""))
        .filter((href) => !html.includes(href))
        .map((href) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href }, injectTo: "head" }));
    },
  },
});
