module.exports = async () => {
  await globalThis.trunklineGround?.stop();
};
