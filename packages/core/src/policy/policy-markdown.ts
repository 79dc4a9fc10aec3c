import type { PolicyBlock, PolicyDocument } from "./types.js";

/** A policy as Markdown (CommonMark with tables). What stands in it is text: nothing of it becomes markup. */
export function policyMarkdown({ title, sections }: PolicyDocument): string {
  const parts = sections.map(({ heading, blocks }) =>
    [`## ${plain(heading)}`, ...blocks.map(blockMarkdown)].join("\n\n"),
  );
  return `${[`# ${plain(title)}`, ...parts].join("\n\n")}\n`;
}

/** Line breaks would end a heading, an item or a row; the rest would be taken for markup. */
const plain = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*_{}[\]<>#|~!&]/g, "\\$&")
    .replace(/^(\d+)([.)])/, "$1\\$2")
    .replace(/^([-+=])/, "\\$1");

function blockMarkdown(block: PolicyBlock): string {
  if (block.type === "paragraph") return plain(block.text);
  if (block.type === "list") {
    const items = block.items.map((item) => `- ${plain(item)}`).join("\n");
    return block.label ? `**${plain(block.label)}**\n\n${items}` : items;
  }
  const row = (cells: readonly string[]): string => `| ${cells.map(plain).join(" | ")} |`;
  return [row(block.head), `|${" --- |".repeat(block.head.length)}`, ...block.rows.map(row)].join("\n");
}
