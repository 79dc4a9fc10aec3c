export default { basePath: "/shop", poweredByHeader: false };
