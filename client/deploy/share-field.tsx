import { TextField } from '../ui/field.tsx';

/** A share of the keys in per cent, as a person types it. */
export function ShareField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <TextField
      label="Share of the keys in %"
      inputMode="decimal"
      value={value}
      error={shareOf(value) === undefined ? 'From 0.01 to 100.' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** 0 to 1; undefined for what is no share. */
export function shareOf(text: string): number | undefined {
  const value = Number(text.replace(',', '.'));
  return text.trim() !== '' && value >= 0.01 && value <= 100 ? Math.round(value * 100) / 10_000 : undefined;
}

/** `10`, `0.5`: a share in per cent, without the sign. */
export function percentText(share: number): string {
  return String(Math.round(share * 10_000) / 100);
}
