/** The part of the contract that tells what a site offers. */
import { z } from 'zod';
import { message, optionalMessage } from '../messages/compose';

/** What a field is called, and what it means. */
const texts = z.object({ title: message, description: message });

/** Limits of a field that a choice narrows; what is left out stays. */
const narrowerLimits = z.object({
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maximum_text: z.string().optional(),
  default: z.union([z.string(), z.number()]).optional()
});

/** One leaf of a profile's JSON Schema: one field of the form. */
export const field = z.object({
  title: z.string(),
  description: z.string(),
  messages: texts,
  /** Whether the part of the form that is closed at first has it. */
  advanced: z.boolean(),
  type: z.union([z.string(), z.array(z.string())]),
  /** A list where several values may be chosen. */
  default: z.union([z.string(), z.number(), z.array(z.string())]),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maximum_text: z.string().optional(),
  /** The maximum in words, where it is the value of another field. */
  maximum_message: message.optional(),
  /** Path of that other field. */
  maximum_field: z.string().optional(),
  /** What belongs to the maximum: that it is so much for each CPU. */
  maximum_note: message.optional(),
  /** The maximum for each CPU of the job, beside `maximum`. */
  maximum_per_cpu: z.number().optional(),
  unit: z.enum(['bytes', 'seconds', '%']).optional(),
  /** The only layout to which it applies; left out for all. */
  layout: z.string().optional(),
  /** The texts in each layout, where a profile offers several and they differ. */
  in_layout: z.record(z.string(), texts).optional(),
  /** The values that may be chosen, in order, and the text of each. */
  enum: z.array(z.string()).optional(),
  choices: z.record(z.string(), message).optional(),
  /** The same where several may be chosen. */
  items: z.object({ enum: z.array(z.string()) }).optional(),
  maxItems: z.number().optional(),
  /** The values are what the user has, which `profileChoices` tells. */
  dynamic: z.boolean().optional(),
  /** What choices bring: by value, and by the path of the field that is limited. */
  limits: z.record(z.string(), z.record(z.string(), narrowerLimits)).optional(),
  pattern: z.string().optional(),
  maxLength: z.number().optional()
});

/** The fields of one role. */
const group = z.object({ properties: z.record(z.string(), field) });

export const profile = z.object({
  name: z.string(),
  title: z.string(),
  /** What the site has fixed for the batch system, "partition dask". */
  options: z.object({
    workers: z.array(message),
    scheduler: z.array(message)
  }),
  batch: z.string(),
  batch_title: z.string(),
  /** No job waits in a queue there. */
  starts_at_once: z.boolean(),
  /** Whether workers have a nanny, without which a job runs one worker. */
  nanny: z.boolean(),
  /** CPUs of the scheduler. */
  scheduler_cpus: z.number(),
  /** How many jobs may be added to a cluster in one job; 0 for none. */
  further_jobs: z.number(),
  /** Why this user may not launch under it; null if they may. */
  access_denied_reason: message.nullable(),
  /** Whom to ask, as the site writes it. */
  ask: z.string(),
  schema: z.object({
    /** In the order of the form. The profile's own name is a constant. */
    properties: z.record(
      z.string(),
      z.union([group, field, z.object({ const: z.string() })])
    )
  })
});

/** A profile that cannot be used, and every mistake in its file. */
export const brokenProfile = z.object({
  name: z.string(),
  title: z.string(),
  /** Empty if there is none. */
  file: z.string(),
  mistakes: z.array(
    z.object({
      /** From 1; 0 if the mistake is not in the text. */
      line: z.number(),
      column: z.number(),
      /** `workers.extra[0]`; empty for none. */
      key: z.string(),
      /** What is wrong, and what to do. */
      message
    })
  )
});

export const profiles = z.object({
  /** Empty if no profile can be used. */
  default: z.string(),
  profiles: z.array(profile),
  broken: z.array(brokenProfile),
  /** Whether this user is one of the site's administrators. An older server does not say. */
  may_examine: z.boolean().optional()
});

/** What this user has, of the options whose values are not in the profile. */
export const profileChoices = z.object({
  options: z.record(
    z.string(),
    z.object({
      choices: z.array(z.object({ value: z.string(), title: message })),
      default: z.union([z.string(), z.array(z.string())]),
      /** Seconds since the epoch; null without an answer. */
      as_of: z.number().nullable(),
      /** Why the last attempt failed; empty if it did not. `choices` are then those of the last answer. */
      problem: optionalMessage
    })
  )
});

export type Field = z.infer<typeof field>;
export type Profile = z.infer<typeof profile>;
export type Profiles = z.infer<typeof profiles>;
export type ProfileChoices = z.infer<typeof profileChoices>;
export type BrokenProfile = z.infer<typeof brokenProfile>;
