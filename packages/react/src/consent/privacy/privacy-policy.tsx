import type { PolicyBlock, PolicyDocument } from "@attune/core/policy";

export interface PrivacyPolicyProps {
  /** `describePolicy(…)` of `@attune/core/policy` makes it; it can be made on a server. */
  document: PolicyDocument;
  /** Level of the title; its sections stand one below (default 2). */
  level?: 1 | 2 | 3 | 4 | 5;
  /** Added to `attune-policy`. */
  className?: string;
}

type Heading = "h1" | "h2" | "h3" | "h4" | "h5" | "h6";

/** A policy in plain words as a part of a page. Each section can be linked to by its id, as in `#purpose-analytics`. */
export function PrivacyPolicy({
  document: { lang, title, sections },
  level = 2,
  className = "",
}: PrivacyPolicyProps) {
  const Title = `h${level}` as Heading;
  const Below = `h${level + 1}` as Heading;
  return (
    <article className={`attune-policy ${className}`.trim()} lang={lang}>
      <Title>{title}</Title>
      {sections.map(({ id, heading, blocks }) => (
        <section key={id} id={id}>
          <Below>{heading}</Below>
          {blocks.map((block) => (
            <Block key={block.type === "paragraph" ? block.text : block.label} block={block} />
          ))}
        </section>
      ))}
    </article>
  );
}

function Block({ block }: { block: PolicyBlock }) {
  if (block.type === "paragraph") return <p>{block.text}</p>;
  if (block.type === "list")
    return (
      <>
        {block.label !== "" && <p className="attune-policy-label">{block.label}</p>}
        <ul>
          {block.items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      </>
    );
  return (
    <table aria-label={block.label}>
      <thead>
        <tr>
          {block.head.map((cell) => (
            <th scope="col" key={cell}>
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {block.rows.map(([first, ...rest]) => (
          <tr key={first}>
            <th scope="row">{first}</th>
            {rest.map((cell) => (
              <td key={cell}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
