/** The path below which the hub stands (`/hub`), as the hub wrote it into the page; mostly empty. */
const page = typeof document === 'undefined' ? null : document
const written = page?.querySelector<HTMLMetaElement>('meta[name="hub-base"]')?.content ?? ''
export const BASE = written.startsWith('/') ? written : ''
