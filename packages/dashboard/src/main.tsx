import { createRoot } from "react-dom/client";
import { Dashboard } from "./dashboard.js";

const place = document.getElementById("app");
if (place !== null)
  createRoot(place).render(<Dashboard server={location.pathname.replace(/\/dashboard\/.*$/, "")} />);
