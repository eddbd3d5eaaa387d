# Draws objective.svg and objective.png from objective.csv:  gnuplot objective.gp
set datafile separator ","
set title "The objective of both pipelines at the end" font ",20"
set xlabel ""
set ylabel "J = E[gold] − β·KL"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key inside bottom right vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics ("SFT" 0, "PPO" 1, "PPO-GT" 2, "DPO" 3, "best-of-n (≥)" 4)
set xrange [-0.6:4.6]
data = "objective.csv"
set terminal svg size 760,500 font "Helvetica,19" name "objective" background rgb "white"
set output "objective.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#555555" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#0072B2" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#56B4E9" notitle, \
  data using ($1==3?$2:1/0):($1==3?$3:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#D55E00" notitle, \
  data using ($1==4?$2:1/0):($1==4?$3:1/0):($1==4?$4:1/0):($1==4?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#009E73" notitle
set terminal pngcairo size 1140,750 font "Helvetica,23"
set output "objective.png"
replot
