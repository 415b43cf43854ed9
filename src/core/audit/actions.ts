/** What the audit log records, and what each entry means. The text is stored, so an action may be added but never renamed. */
export const auditActions = {
  PROJECT_CREATED: "A project was made, by itself or for its first session.",
  PROJECT_CHANGED: "The looks of a project changed. `details.changed` names the fields.",
  PROJECT_DELETED: "A project was deleted. `details.sessions` says how many sessions went with it.",
  SESSION_CREATED: "A session was stored for the first time.",
  SESSION_CHANGED: "A session was replaced by another version. A version that is stored already is no change.",
  SESSION_DELETED: "A session was deleted.",
  SESSIONS_DELETED:
    "Sessions were deleted in parts, because their project (or with `details.userId` their user) was being deleted. `details.sessions` says how many, and grows with each part.",
  MEMBER_INVITED: "A user was invited to a project, or the invitation was renewed. `details` has `email` and `role`.",
  MEMBER_JOINED: "A user accepted an invitation to a project. `details.role` is what the new member may do.",
  MEMBER_CHANGED: "A member got another role. `details` has `email` and `role`.",
  MEMBER_LEFT: "A member left a project.",
  MEMBER_REMOVED: "The owner ended a membership. `details.email` is the former member.",
  INVITATION_DECLINED:
    "A user declined an invitation to `details.projectId`. It is an entry of that user's account: who invited is not told.",
  INVITATION_WITHDRAWN: "The owner withdrew an open invitation. `details.email` is who was invited.",
  KEY_CREATED: "An API key was made. `details` has its `apiKeyId`, `scopes` and `expiresAt`; `keyId` is the key that made it.",
  KEY_REVOKED: "An API key was revoked. `details` has its `apiKeyId`, and in `ended` how many keys and devices ended, itself included.",
  DEVICE_CODE_CREATED: "A code was made with which a device can sign in.",
  DEVICE_SIGNED_IN: "A device signed in with a code. `details.apiKeyId` is the device; `keyId` is the key that made the code.",
  DEVICE_SIGNED_OUT: "A device signed out. `details.apiKeyId` is the device.",
  DEVICE_REVOKED: "A device was revoked. `details.apiKeyId` is the device.",
  TOKENS_REVOKED: "The access tokens of an API key were revoked; the key stayed. `details.tokens` says how many.",
  USER_CREATED: "A user was made. `details` has `userId` and `email`.",
  USER_LOCKED: "A user was locked: all keys and devices stopped. `details` has `userId` and `email`.",
  USER_UNLOCKED: "A user was unlocked. `details` has `userId` and `email`.",
  USER_DELETED: "A user was deleted. `details` has `userId`, `email`, and how much went with the user.",
  USER_EXPORTED: "The data of a user was exported.",
  BACKUP_MADE: "A backup of the database was made.",
} as const;

export type AuditAction = keyof typeof auditActions;

// Object.keys is typed string[]; the table above is a closed literal.
export const allAuditActions = Object.keys(auditActions) as AuditAction[];
