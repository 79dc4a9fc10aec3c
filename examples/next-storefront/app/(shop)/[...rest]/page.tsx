import { notFound } from "next/navigation";

/** Whatever nobody else answers, so that "not found" stands inside the shop too. */
export default function Nowhere() {
  notFound();
}
