import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** The project's own directory. */
export const root = path.resolve(import.meta.dirname, '../..')

const skipped = new Set(['node_modules', '.git', 'dist', '.cache', 'coverage'])

/** Every file below `folder` (relative to the project) whose name fits, as paths relative to the project. */
export function filesBelow(folder: string, fits: RegExp): string[] {
  const found: string[] = []
  const walk = (place: string) => {
    for (const entry of readdirSync(path.join(root, place), { withFileTypes: true })) {
      const file = path.posix.join(place, entry.name)
      if (entry.isDirectory() && !skipped.has(entry.name)) walk(file)
      else if (entry.isFile() && fits.test(entry.name)) found.push(file)
    }
  }
  if (statSync(path.join(root, folder), { throwIfNoEntry: false })?.isDirectory()) walk(folder)
  return found.sort()
}

/** Text of a file of the project. */
export function textOf(file: string): string {
  return readFileSync(path.join(root, file), 'utf8')
}
