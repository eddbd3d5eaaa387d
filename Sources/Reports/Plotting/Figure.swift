import Evaluation

/// One point of a series: a place, and the interval around it where there is one.
package struct FigurePoint: Sendable, Equatable {
  /// The horizontal coordinate.
  package var x: Double
  /// The vertical coordinate.
  package var y: Double
  /// The lower end of the interval; equal to `y` where there is none.
  package var low: Double
  /// The upper end of the interval; equal to `y` where there is none.
  package var high: Double

  /// Creates a point, with an interval where both ends are given.
  package init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
    (self.x, self.y) = (x, y)
    (self.low, self.high) = (low ?? y, high ?? y)
  }

  var isFinite: Bool { x.isFinite && y.isFinite && low.isFinite && high.isFinite }
}

/// How a series is drawn.
package enum SeriesStyle: String, Sendable {
  /// A line with a translucent band between `low` and `high`.
  case band
  /// A line with an error bar at each point, where a band would mislead because the line turns back.
  case barredLine
  /// A line without marks.
  case line
  /// Single marks.
  case marks
  /// Single marks large enough to find by their colour.
  case disc
  /// A dashed grey guide line.
  case guide
  /// A mark with an error bar, one category per `x`.
  case errorBar
}

/// A named run of points in one colour.
package struct FigureSeries: Sendable {
  /// The name in the legend; empty for none.
  package var name: String
  /// A colour such as `#0072B2`.
  package var color: String
  /// How it is drawn.
  package var style: SeriesStyle
  /// The points, in drawing order.
  package var points: [FigurePoint]

  /// Creates a series; points with a coordinate that is not finite are left out.
  package init(name: String, color: String, style: SeriesStyle, points: [FigurePoint]) {
    (self.name, self.color, self.style) = (name, color, style)
    self.points = points.filter(\.isFinite)
  }

  /// The series without points that an axis has no place for.
  fileprivate func drawable(x: AxisScale, y: AxisScale) -> FigureSeries {
    var result = self
    if x == .logarithmic { result.points.removeAll { $0.x <= 0 } }
    if y == .logarithmic {
      result.points.removeAll { $0.y <= 0 }
      for i in result.points.indices where result.points[i].low <= 0 {
        result.points[i].low = result.points[i].y
      }
    }
    return result
  }
}

/// How the numbers of an axis are spaced.
package enum AxisScale: String, Sendable {
  /// Equal differences are equally far apart.
  case linear
  /// Equal factors are equally far apart; values that are not positive are left out.
  case logarithmic
}

/// How large letters and lines are beside the figure itself.
package enum FigureScale: String, Sendable {
  /// For a page of many figures.
  case regular
  /// Readable at half the width, as in a talk: the legend stands inside.
  case large
}

/// A figure as data; ``GnuplotScript`` says how it is drawn.
package struct Figure: Sendable {
  /// The file name without ending, such as `gold-by-kl`.
  package var name: String
  /// Where pages show it.
  package var section: PageSection
  /// The title above the axes.
  package var title: String
  /// What stands under it in a report: how to read it and what the band is.
  package var caption: String
  /// The label of the horizontal axis.
  package var xLabel: String
  /// The label of the vertical axis.
  package var yLabel: String
  /// How the horizontal axis is spaced.
  package var xScale = AxisScale.linear
  /// How the vertical axis is spaced.
  package var yScale = AxisScale.linear
  /// How large letters and lines are.
  package var scale = FigureScale.regular
  /// The names of categories at x = 0, 1, …; empty for a numeric axis.
  package var categories: [String] = []
  /// The series, back to front.
  package var series: [FigureSeries]

  /// Creates a figure.
  package init(
    name: String, section: PageSection, title: String, caption: String, xLabel: String,
    yLabel: String, xScale: AxisScale = .linear, yScale: AxisScale = .linear,
    scale: FigureScale = .regular, categories: [String] = [], series: [FigureSeries]
  ) {
    (self.name, self.section, self.title, self.caption) = (name, section, title, caption)
    (self.xLabel, self.yLabel) = (xLabel, yLabel)
    (self.xScale, self.yScale, self.categories) = (xScale, yScale, categories)
    self.scale = scale
    let series = series.map { $0.drawable(x: xScale, y: yScale) }
    self.series = series.filter { !$0.points.isEmpty }
  }

  /// Whether there is nothing to draw.
  package var isEmpty: Bool { series.isEmpty }

  /// The figure's numbers: `series,x,y,low,high`, one line per point.
  package var csv: String {
    var lines = ["series,x,y,low,high"]
    for (index, one) in series.enumerated() {
      for p in one.points {
        lines.append("\(index),\(short(p.x)),\(short(p.y)),\(short(p.low)),\(short(p.high))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
