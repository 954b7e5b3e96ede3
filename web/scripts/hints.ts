import type { Plugin, Rolldown } from "vite";

/** A page, of whose path `~1`, `~2`, … stand for any one part. */
export interface Hinted {
  path: string;
  /** Its code: modules below `src/pages/`, without their endings. */
  pages: string[];
  /** What it asks the server. */
  always: string[];
  /** The same where the address has no query. */
  plain: string[];
}

interface Options {
  /** Where the files are, with a slash at the end. */
  base: string;
  pages: (there: (page: string) => boolean) => Hinted[];
}

/**
 * Writes `hints.json`, out of which the server names with a page's HTML what it asks for first (`crates/server/src/web/hints.rs`
 * says how it is read): code and answers then come beside one another and at once, and none waits until what asks has been
 * read. The order is that in which they are needed: a browser has few connections to a server without HTTP/2.
 */
export const hints = ({ base, pages }: Options): Plugin => ({
  name: "hints",
  apply: "build",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const html = bundle["index.html"];
      if (html?.type !== "asset") throw new Error("there is no index.html");
      const chunks = Object.values(bundle).filter((one): one is Rolldown.OutputChunk => one.type === "chunk");
      const modules = new Map(
        chunks.flatMap((one) => {
          const name = one.facadeModuleId?.match(/\/src\/pages\/(.+)\.tsx$/)?.[1];
          return name ? [[name, one.fileName] as const] : [];
        }),
      );
      const url = (file: string) => base + file.replace(/^assets\//, "");
      const first = [...String(html.source).matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(
        ([, file]) => file ?? "",
      );
      const closure = (names: string[], found = new Set<string>()) => {
        for (const name of names) {
          if (found.has(name)) continue;
          found.add(name);
          closure(bundle[name]?.type === "chunk" ? bundle[name].imports : [], found);
        }
        return found;
      };
      const ofCode = (file: string) =>
        `<${file}>; rel=${file.endsWith(".css") ? "preload; as=style" : "modulepreload"}; crossorigin`;
      const ofAnswer = (path: string) => `<${path}>; rel=preload; as=fetch; crossorigin=use-credentials`;
      const links: [string, boolean][] = [];
      const place = (link: string, always = true) => {
        const known = links.findIndex(([one]) => one === link);
        return known < 0 ? links.push([link, always]) - 1 : known;
      };
      const listed = pages((page) => modules.has(page)).map((page) => {
        const files = page.pages.map((name) => {
          const file = modules.get(name);
          if (!file) throw new Error(`${page.path} shows ${name}, which is no page`);
          return file;
        });
        const own = [...closure(files)].map(url).filter((file) => !first.includes(file));
        return [
          page.path,
          [
            ...first.map((file) => place(ofCode(file))),
            ...page.always.map((path) => place(ofAnswer(path))),
            ...page.plain.map((path) => place(ofAnswer(path), false)),
            ...own.map((file) => place(ofCode(file))),
          ],
        ];
      });
      this.emitFile({ type: "asset", fileName: "hints.json", source: JSON.stringify({ links, pages: listed }) });
    },
  },
});
