import Link from "next/link";
import { Art } from "~/shop/art";
import { type Product, money } from "~/shop/catalogue";

export function Price({ product }: { product: Product }) {
  if (product.was === undefined) return <>{money(product.price)}</>;
  return (
    <>
      <ins>{money(product.price)}</ins>{" "}
      <del aria-label={`before ${money(product.was)}`}>{money(product.was)}</del>
    </>
  );
}

export function Cards({ products }: { products: readonly Product[] }) {
  return (
    <ul className="cards">
      {products.map((item) => (
        <li key={item.slug}>
          <Link className="card" href={`/product/${item.slug}`} data-attune-name={item.slug}>
            <span className="card-picture">
              <Art kind={item.art} tone={item.tone} />
              {item.was !== undefined && <span className="badge">Reduced</span>}
            </span>
            <span className="card-name">{item.name}</span>
            <span className="card-line">{item.brand}</span>
            <span className="card-price">
              <Price product={item} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
