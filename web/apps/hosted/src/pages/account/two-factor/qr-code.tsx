import { encodeQR } from "qr";
import { squares } from "../../../otpauth";

/** A QR code, drawn here: what is in it is a secret, and goes nowhere. Always dark on light, which cameras want. */
export default function QrCode({ text, label }: { text: string; label: string }) {
  const matrix = encodeQR(text, "raw", { border: 4 });
  return (
    <svg
      className="hosted-qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${matrix.length} ${matrix.length}`}
      shapeRendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={squares(matrix)} fill="#000" />
    </svg>
  );
}
