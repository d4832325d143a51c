import type { PollList } from '#shared/reconcile.ts';
import { api } from '../api.ts';
import { useLoad } from '../load.ts';
import { SelectField, TextField } from '../ui/field.tsx';

export type Auth = Pick<PollList, 'auth' | 'authSecret' | 'authUser' | 'authHeader'>;
export const noAuth: Auth = { auth: 'none', authSecret: '', authUser: '', authHeader: 'X-Api-Key' };

/** How to sign in at the other side; the secret is chosen by name. */
export function AuthFields({ value, onChange }: { value: Auth; onChange: (auth: Auth) => void }) {
  const secrets = useLoad(api.secrets, 'secrets');
  return (
    <>
      <SelectField
        label="Sign-in"
        value={value.auth}
        onChange={(event) => onChange({ ...value, auth: event.target.value as Auth['auth'] })}
      >
        <option value="none">None</option>
        <option value="bearer">Bearer token</option>
        <option value="basic">User and password</option>
        <option value="header">Key in a header</option>
      </SelectField>
      {value.auth !== 'none' && (
        <SelectField
          label="Secret"
          required
          value={value.authSecret}
          onChange={(event) => onChange({ ...value, authSecret: event.target.value })}
        >
          <option value="">Choose a secret</option>
          {/* The one that was chosen is there before the others are. */}
          {value.authSecret !== '' && !secrets.data?.some(({ name }) => name === value.authSecret) && (
            <option value={value.authSecret}>{`${value.authSecret}${secrets.data === undefined ? '' : ' (deleted)'}`}</option>
          )}
          {secrets.data?.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
      {value.auth === 'basic' && (
        <TextField
          label="User"
          required
          value={value.authUser}
          onChange={(event) => onChange({ ...value, authUser: event.target.value })}
        />
      )}
      {value.auth === 'header' && (
        <TextField
          label="Header"
          required
          value={value.authHeader}
          onChange={(event) => onChange({ ...value, authHeader: event.target.value })}
        />
      )}
    </>
  );
}
