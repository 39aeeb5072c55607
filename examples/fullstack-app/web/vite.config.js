import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  clearScreen: false, // the log is prox's
  server: {
    host: '127.0.0.1',
    port: Number(process.env.PORT),
    strictPort: true, // another port than prox knows of would be of no use
    proxy: { '/api': process.env.API_URL },
  },
  // Known before the first page asks, which then needs no second load.
  optimizeDeps: { include: ['react', 'react/jsx-dev-runtime', 'react-dom/client'] },
})
