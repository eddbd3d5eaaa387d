import Reports
import Testing

private func series(_ points: [FigurePoint], name: String = "a") -> FigureSeries {
  FigureSeries(name: name, color: "#000000", style: .line, points: points)
}

private func figure(
  _ series: [FigureSeries], x: AxisScale = .linear, y: AxisScale = .linear
) -> Figure {
  Figure(
    name: "f", section: .curves, title: "", caption: "", xLabel: "", yLabel: "", xScale: x,
    yScale: y,
    series: series)
}

/// The lines of a figure's data below the heading.
private func rows(_ points: [FigurePoint]) -> [String] {
  figure([series(points)]).csv.split(separator: "\n").dropFirst().map(String.init)
}

@Suite struct FigureDataTests {
  @Test func pointWithoutAnIntervalIsItsOwnInterval() {
    #expect(FigurePoint(x: 1, y: 2) == FigurePoint(x: 1, y: 2, low: 2, high: 2))
    #expect(FigurePoint(x: 1, y: 2, low: 0) == FigurePoint(x: 1, y: 2, low: 0, high: 2))
  }

  // Six significant digits, as C's %.6g prints them; no minus before a zero.
  @Test(arguments: [
    (1.0 / 3, "0.333333"), (2.0 / 3, "0.666667"), (1_234_567.0, "1.23457e+06"),
    (123_456.0, "123456"), (0.00001234565, "1.23456e-05"), (-0.0, "0"), (0.1, "0.1"),
    (1e100, "1e+100"), (-2.5, "-2.5"), (999_999.5, "1e+06"),
  ])
  func numbersHaveSixSignificantDigits(value: Double, text: String) {
    #expect(rows([FigurePoint(x: value, y: 1)]) == ["0,\(text),1,1,1"])
  }

  @Test func pointsThatAreNotFiniteInAnyCoordinateAreLeftOut() {
    let points = [
      FigurePoint(x: .nan, y: 1), FigurePoint(x: 1, y: .infinity),
      FigurePoint(x: 2, y: 1, low: -.infinity, high: 3),
      FigurePoint(x: 3, y: 1, low: 0, high: .nan),
      FigurePoint(x: 4, y: 1),
    ]
    #expect(series(points).points == [points[4]])
    #expect(rows(points) == ["0,4,1,1,1"])
  }

  @Test func logarithmicAxisHasNoPlaceForWhatIsNotPositive() {
    let points = [FigurePoint(x: 0, y: 1), FigurePoint(x: -1, y: 1), FigurePoint(x: 2, y: -3)]
    #expect(figure([series(points)], x: .logarithmic).series[0].points == [points[2]])
    #expect(figure([series(points)], y: .logarithmic).series[0].points == Array(points[..<2]))
    #expect(figure([series(points)], x: .logarithmic, y: .logarithmic).isEmpty)
  }

  @Test func lowerEndThatALogarithmicAxisCannotShowIsCutAtThePoint() {
    let points = [
      FigurePoint(x: 1, y: 2, low: -1, high: 5), FigurePoint(x: 2, y: 2, low: 0, high: 5),
      FigurePoint(x: 3, y: 2, low: 1, high: 5),
    ]
    let drawn = figure([series(points)], y: .logarithmic).series[0].points
    #expect(drawn.map(\.low) == [2, 2, 1])
    #expect(drawn.map(\.high) == [5, 5, 5])
    #expect(figure([series(points)]).series[0].points.map(\.low) == [-1, 0, 1])
  }

  @Test func seriesWithNothingToDrawDoNotShiftTheNumbersOfTheOthers() {
    let drawn = figure([
      series([FigurePoint(x: .nan, y: 0)], name: "lost"), series([FigurePoint(x: 5, y: 6)]),
    ])
    #expect(drawn.series.map(\.name) == ["a"])
    #expect(drawn.csv == "series,x,y,low,high\n0,5,6,6,6\n")
  }

  @Test func figureOfNothingIsEmpty() {
    #expect(figure([]).isEmpty && figure([series([])]).isEmpty)
    #expect(figure([]).csv == "series,x,y,low,high\n")
  }
}

@Suite struct PaletteTests {
  // Okabe and Ito (2008): blue, sky blue, vermilion, bluish green.
  @Test(arguments: [
    ("PPO", "#0072B2"), ("PPO-GT", "#56B4E9"), ("DPO", "#D55E00"), ("best-of-n", "#009E73"),
  ])
  func knownArmsKeepTheirColourAtEveryPlace(arm: String, color: String) {
    #expect((0..<9).allSatisfy { Palette.color(of: arm, at: $0) == color })
  }

  @Test func otherArmsTakeTheRestInTurn() {
    let colors = (0..<8).map { Palette.color(of: "IPO", at: $0) }
    #expect(Set(colors).count == 4)
    #expect(Array(colors[..<4]) == Array(colors[4...]))
    let known = ["PPO", "PPO-GT", "DPO", "best-of-n", "SFT"].map { Palette.color(of: $0, at: 0) }
    #expect(Set(known).isDisjoint(with: colors))
  }
}
