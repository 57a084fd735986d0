export default { serverDir: '.', preset: 'node_server', compatibilityDate: '2026-01-01' };
