import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

interface Media {
  schema?: object;
}
interface Documented {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, Media> }> } | undefined>
  >;
}

const escapePointer = (part: string): string =>
  encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Holds answers to the server's own document. Streams are not read. @throws where an answer is not as the document says. */
export function createAnswerCheck(basePath: string, load: () => Promise<unknown>) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, validateSchema: false });
  let loading: Promise<Documented> | null = null;
  const loaded = (): Promise<Documented> => {
    loading ??= load().then((document) => {
      ajv.addSchema(document as object, "doc");
      return document as Documented;
    });
    return loading;
  };
  const compiled = new Map<string, ValidateFunction>();
  const validator = (ref: string): ValidateFunction => {
    const found = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, found);
    return found;
  };

  return async (method: string, target: string, response: Response): Promise<void> => {
    if (!["GET", "POST", "PUT", "DELETE"].includes(method)) return;
    const { paths } = await loaded();
    const pathname = new URL(target, "http://host").pathname.slice(basePath.length);
    const path = Object.keys(paths).find((template) => matches(template, pathname));
    const operation = path === undefined ? undefined : paths[path]?.[method.toLowerCase()];
    if (path === undefined || !operation) return;
    const where = `${method} ${path} ${response.status}`;
    const documented = operation.responses[response.status];
    if (!documented) throw new Error(`${where} is not in the document.`);
    const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
    if (documented.content === undefined) {
      if (type !== "") throw new Error(`${where} has a body, of which the document says nothing.`);
      return;
    }
    if ("*/*" in documented.content) return;
    const media = documented.content[type];
    if (!media) {
      // A browser gets a page where a program gets a problem.
      if (type === "application/x-ndjson" || type === "application/zip" || type === "text/html") return;
      throw new Error(`${where} is ${type}, of which the document says nothing.`);
    }
    if (!media.schema || type === "text/event-stream" || type === "text/html") return;
    const text = await response.clone().text();
    const validate = validator(
      `doc#/paths/${escapePointer(path)}/${method.toLowerCase()}/responses/${response.status}/content/${escapePointer(type)}/schema`,
    );
    if (!validate(type.endsWith("json") ? (JSON.parse(text) as unknown) : text))
      throw new Error(`${where} is not as the document says: ${ajv.errorsText(validate.errors)}\n${text}`);
  };
}

function matches(template: string, pathname: string): boolean {
  const [parts, given] = [template.split("/"), pathname.split("/")];
  return (
    parts.length === given.length &&
    parts.every((part, i) => (part.startsWith("{") ? given[i] !== "" : part === given[i]))
  );
}
