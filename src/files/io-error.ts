import { fail, HyraxError } from '../base/index.ts'

/** The system's word for what went wrong: `ENOENT`, `EACCES`, … */
export function systemCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** An error of ours for what the file system threw: `ERR_PATH_INVALID` where the path is missing, else `ERR_IO`. */
export function ioError(thrown: unknown, what: string, path: string): HyraxError {
  if (thrown instanceof HyraxError) return thrown
  const code = systemCode(thrown)
  if (code === 'ENOENT' || code === 'ENOTDIR') return fail('ERR_PATH_INVALID', { path }, { cause: thrown })
  return fail('ERR_IO', { what, path, cause: code ?? String(thrown) }, { cause: thrown })
}
