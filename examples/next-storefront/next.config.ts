import type { NextConfig } from "next";

const config: NextConfig = { poweredByHeader: false, eslint: { ignoreDuringBuilds: true } };

export default config;
