import { expect } from 'vitest'
import { HyraxError, type ErrorCode } from '../../src/base/index.ts'

/** Runs what must fail with a code of ours, and gives the error for a closer look. */
export function expectCode(code: ErrorCode, run: () => unknown): HyraxError {
  const error = thrownBy(run)
  expect(error, `expected ${code}`).toBeInstanceOf(HyraxError)
  expect((error as HyraxError).code).toBe(code)
  return error as HyraxError
}

/** The same for what fails later. */
export async function expectCodeLater(code: ErrorCode, running: Promise<unknown>): Promise<HyraxError> {
  const error: unknown = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return expectCode(code, () => {
    throw error
  })
}

/** The value, or the code of ours that stands in its place; anything else thrown fails the test. */
export function valueOrCode<T>(run: () => T): { value: T } | { code: ErrorCode } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof HyraxError && error.code !== 'ERR_INTERNAL_ERROR') return { code: error.code }
    throw error
  }
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}
