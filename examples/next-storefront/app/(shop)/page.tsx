import { Hero } from "~/components/hero";
import { Shelf } from "~/components/shelf";
import { CategoryTiles } from "~/components/tiles";
import { View } from "~/components/view";

export default function Home() {
  return (
    <>
      <View name="home" />
      <Hero />
      <CategoryTiles />
      <Shelf />
    </>
  );
}
