/**
 * Small files that people edit or that hold secrets: read within a size, never through a symbolic link where secret,
 * written whole or not at all, watched. It refuses to know what stands in them.
 *
 * @example
 * import { readSecretFile, writeFileAtomic } from '../files/index.ts'
 * await writeFileAtomic('/var/lib/hyrax/swarm.key', text, { mode: 0o600, overwrite: false })
 * const bytes = await readSecretFile('/var/lib/hyrax/swarm.key', { bytesMax: 1024 })
 */
export { keepOwner } from './keep-owner.ts'
export { ensurePrivateDirectory } from './private-directory.ts'
export { readSecretFile, readTextFile } from './read-file.ts'
export { createSecretFile, writeFileAtomic, type WriteOptions } from './write-file.ts'
export { withLockFile } from './lock-file.ts'
export { watchFiles, type FileWatch } from './watch-files.ts'
