/// The Okabe–Ito palette, which stays distinct for colour-blind readers; PPO is blue and DPO vermilion everywhere.
package enum Palette {
  /// Arms beyond which four colours would stand for too many of them.
  package static let crowd = 16

  /// The colour of an arm: by its name where it is a known one, else by its place among `count`.
  ///
  /// A crowd of arms gets hues that are a golden angle apart, so that neighbours differ.
  package static func color(of arm: String, at index: Int, among count: Int = 0) -> String {
    let known = [
      "PPO": "#0072B2", "PPO-GT": "#56B4E9", "DPO": "#D55E00", "best-of-n": "#009E73",
      "SFT": "#555555",
    ]
    let others = ["#CC79A7", "#E69F00", "#F0E442", "#000000"]
    guard count > crowd else { return known[arm] ?? others[index % others.count] }
    return known[arm]
      ?? color(hue: Double(index) * 0.381_966, lightness: 0.35 + 0.1 * Double(index % 3))
  }

  /// A colour of two thirds saturation; hues are counted in turns.
  private static func color(hue: Double, lightness: Double) -> String {
    let chroma = 0.67 * (1 - abs(2 * lightness - 1))
    let digits = [0.0, 2.0 / 3, 1.0 / 3].map { shift -> String in
      let place = (hue + shift).truncatingRemainder(dividingBy: 1) * 6
      let share = min(1, max(0, abs(place - 3) - 1))
      let level = Int((255 * (lightness + chroma * (share - 0.5))).rounded())
      return (level < 16 ? "0" : "") + String(level, radix: 16, uppercase: true)
    }
    return "#" + digits.joined()
  }
}
