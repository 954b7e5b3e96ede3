import type { Plugin } from "vite";

/** The files that the head of every page names. */
const HEAD = /^assets\/(?:first|main|shared|rolldown-runtime)-[^/]*\.js$/;

/**
 * What is asked for with the code in `file` when it is imported: what it needs besides itself and besides what is there on
 * every page. Pages that somebody comes to by links within the application have nothing but this to name it.
 */
export const besidesHead = (file: string, needed: readonly string[]): string[] =>
  needed.filter((one) => one !== file && !HEAD.test(one));

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
      const unknown = [...wanted].find((name) => !HEAD.test(name));
      if (unknown) throw new Error(`the head names ${unknown}, which HEAD does not know`);
      return [...wanted]
        .map((name) => base + name.replace(/^assets\//, ""))
        .filter((href) => !html.includes(href))
        .map((href) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href }, injectTo: "head" }));
    },
  },
});
