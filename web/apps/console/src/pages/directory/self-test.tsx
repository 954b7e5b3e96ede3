export const SelfTestPage = () => null;
