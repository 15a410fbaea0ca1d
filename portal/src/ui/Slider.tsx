// A value by dragging: brightness, a blind's position. Tells the value while dragging, and once when let go.
import { Label } from "react-aria-components/Label";
import { Slider as AriaSlider, SliderOutput, SliderThumb, SliderTrack } from "react-aria-components/Slider";
import styles from "./Field.module.css";

export interface SliderProps {
  label: string;
  value: number;
  minValue?: number;
  maxValue?: number;
  step?: number;
  formatOptions?: Intl.NumberFormatOptions;
  isDisabled?: boolean;
  onChange?: (value: number) => void;
  /** When it is let go: the moment to send a command. */
  onChangeEnd?: (value: number) => void;
}

export function Slider({ label, ...rest }: SliderProps) {
  return (
    <AriaSlider {...rest} className={styles.slider ?? ""}>
      <div className={styles.sliderWords}>
        <Label>{label}</Label>
        <SliderOutput />
      </div>
      <SliderTrack className={styles.track ?? ""}>
        {({ state }) => (
          <>
            <div className={styles.fill} style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
            <SliderThumb className={styles.handle ?? ""} aria-label={label} />
          </>
        )}
      </SliderTrack>
    </AriaSlider>
  );
}
