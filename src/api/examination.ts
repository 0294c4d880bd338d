/** What the doctor found about a profile: `docs/contract.md`, "Calls". */
import { z } from 'zod';
import { message, optionalMessage } from '../messages/compose';

const finding = z.object({
  check: z.string(),
  title: message,
  status: z.enum(['ok', 'warning', 'failed', 'not-checked']),
  found: message,
  /** What to do; empty where nothing has to be done. */
  advice: optionalMessage,
  /** Keys of the profile, or settings of the server, that decide on it. */
  keys: z.array(z.string())
});

export const examination = z.object({
  profile: z.string(),
  findings: z.array(finding)
});

export type Finding = z.infer<typeof finding>;
