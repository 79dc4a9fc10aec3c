import Link from "next/link";

export default function NotFound() {
  return (
    <section className="wrap page narrow thanks">
      <h1>Not on our shelves</h1>
      <p className="lede">That page is not here, or not any more.</p>
      <Link className="button" href="/">
        Back to the shop
      </Link>
    </section>
  );
}
