import { TextField } from '../ui/field.tsx';

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

/** A time as the browser's own field wants it, to the second, in local time. */
export function localText(at: number): string {
  const date = new Date(at);
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** A date and time of day to the second, local time. */
export function TimeInput({
  label,
  value,
  onChange,
  help,
}: {
  label: string;
  value: number | undefined;
  onChange: (at: number | undefined) => void;
  help?: string;
}) {
  return (
    <TextField
      label={label}
      type="datetime-local"
      step={1}
      {...(help !== undefined && { help })}
      value={value === undefined ? '' : localText(value)}
      onChange={(event) => {
        const at = new Date(event.target.value).getTime();
        onChange(Number.isNaN(at) ? undefined : at);
      }}
    />
  );
}
